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
 * Sends the body that the handler returns as a message, and answers 202 with the message's `id` (its key) once the
 * queue has confirmed that very message.
 *
 * The handler returns `event.valid.body`, or a body of its own: what goes into the schema, not what comes out of it.
 *
 * `event.valid.body` itself is not validated again: `validate` keeps what the client sent beside it, and that is sent. It is
 * known by its identity, so return it as it is, not a copy: a copy, or a body that the handler changed, goes through JSON
 * and the schema as a body of its own.
 *
 * A handler that returns nothing, a response, or a body that the schema refuses, is a 500: nothing is sent. Middlewares that
 * make responses, `httpCors()` for example, come before `enqueue` in the chain: the `after` of the last one runs first.
 *
 * The key is that of the definition, else the client's `Idempotency-Key` header, else a new UUIDv7.
 *
 * A message that was not confirmed is a 503. It may be in the queue all the same: a client that repeats the request
 * with the same key makes no second effect.
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
