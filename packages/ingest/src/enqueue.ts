import type { MiddlewareObj } from '@middy/core'
import type { MessageDefinition, SendResult } from '@spillway/message'
import { rememberRequests } from './begun-request.ts'
import { requireHttp } from './foreign-event.ts'
import { HttpError } from './http-error.ts'
import type { HttpEvent } from './http-event.ts'
import { type HttpResponse, respond } from './http-response.ts'
import { requireUnsafeMethod } from './method.ts'
import { checkEnqueue, type EnqueueOptions } from './options.ts'
import { readBody } from './returned-body.ts'
import { guardMs, send } from './send.ts'
import { keepUnparsed } from './source-text.ts'
import { toStatusUrl } from './status-url.ts'
import { keyReader, readFacts, toMessage } from './to-message.ts'
import { retryAfterOf, toClientError } from './unconfirmed.ts'

/**
 * Sends the body that the handler returns as a message. Answers 202 with the `id` of the message (its key) once the
 * queue has confirmed that very message.
 *
 * The handler returns `event.valid.body`, or a body of its own. A body of its own is the input of the schema, not its
 * output.
 *
 * Return `event.valid.body` itself, not a copy: `enqueue` recognises the object, does not validate it again, and sends
 * what the client sent. A copy, or a body that the handler changed, goes through JSON and the schema like a body of the
 * handler's own.
 *
 * A handler that returns nothing, a response, or an invalid body causes a 500, and nothing is sent. Put middlewares
 * that make responses, `httpCors()` for example, before `enqueue`: middy runs the `after` of the last middleware first.
 *
 * The key is that of the definition, else the client's `Idempotency-Key` header, else a new UUIDv7.
 *
 * A message that the queue did not confirm causes a 503. It may still be in the queue: when the client repeats the
 * request with the same key, there is no second effect.
 *
 * Source: RFC 9110, section 15.3.3 (202 Accepted) and RFC 5989 (the relation `monitor`).
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range.
 */
export function enqueue<Definition extends MessageDefinition>(
  definition: Definition,
  options: EnqueueOptions<Definition>,
): MiddlewareObj<HttpEvent, HttpResponse> {
  const { to, statusUrl, telemetry, clock, storable, ...choices } = checkEnqueue(definition, options)
  const requestOf = rememberRequests(clock, keyReader(definition))
  const attributes = { message: definition.name }

  return {
    before: function enqueueBefore(request) {
      const event: HttpEvent = request.event
      requireHttp('enqueue', event)
      requireUnsafeMethod(event)
      keepUnparsed(event)
      requestOf(request)
    },
    after: async function enqueueAfter(request) {
      const { event } = request
      const { idempotencyKey, deadline, elapsed } = requestOf(request)
      const body = await readBody(definition, event, request.response, storable)
      const facts = readFacts(event, idempotencyKey, choices, telemetry, new Date(clock.now()))
      const message = toMessage(definition, body, facts, choices)
      const url = toStatusUrl(statusUrl, message.key, event)
      const sent = await send(to, [message], deadline(guardMs))
      const [result] = sent.results
      if (result?.status !== 'accepted') throw notAccepted(result, sent.cause)
      telemetry.count('spillway.ingest.accepted', 1, attributes)
      telemetry.count('spillway.ingest.bytes', Buffer.byteLength(message.body), attributes)
      telemetry.duration('spillway.ingest.duration', elapsed(), attributes)
      request.response = respond(
        event,
        202,
        {
          'content-type': 'application/json',
          ...(url !== undefined && { location: url, link: `<${url}>; rel="monitor"` }),
        },
        { id: message.key, status: 'accepted', statusUrl: url },
      )
    },
  }
}

function notAccepted(result: SendResult | undefined, cause: Error | undefined): HttpError {
  const { status, code, detail } = toClientError(result)
  return new HttpError(status, code, detail, {
    ...(status === 503 && { retryAfter: retryAfterOf(result) }),
    cause,
  })
}
