import type { MiddlewareObj } from '@middy/core'
import {
  createMessage,
  type EncodedMessage,
  encodeMessage,
  type MessageDefinition,
  type SendResult,
  SpillwayError,
  type Target,
  validateBody,
} from '@spillway/message'
import {
  type Clock,
  checkOptions,
  type OptionRules,
  objectWith,
  required,
  systemClock,
} from '@spillway/message/internal'
import { type HttpEvent, type HttpResponse, header, requestLimit } from './http.ts'
import { HttpError } from './http-error.ts'
import type { Valid } from './validate.ts'

/** What {@link enqueue} takes beside the message. */
export interface EnqueueOptions {
  /** Where messages go, for example `sqsTarget({ queueUrl })`. */
  readonly to: Target
  readonly clock?: Clock
}

const rules: OptionRules<EnqueueOptions> = {
  to: required({ ...objectWith('send'), expected: 'a target, for example sqsTarget({ queueUrl })' }),
  clock: objectWith('now', 'sleep'),
}

/** Seconds that a client should wait when the queue did not confirm its message. */
const retryAfter = 1

/** W3C Trace Context, version 00. */
const traceparentPattern = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

/**
 * Sends the body that the handler returns as a message, and answers 202 with the message's `id` (its key) once the
 * queue has confirmed that very message.
 *
 * A message that was not confirmed is a 503 with `Retry-After`. It may be in the queue all the same: a client that
 * repeats the request with the same key makes no second effect.
 *
 * A handler that returns nothing, or a body that its schema refuses, is a 500: nothing is sent.
 */
export function enqueue<Definition extends MessageDefinition>(
  definition: Definition,
  options: EnqueueOptions,
): MiddlewareObj<HttpEvent, HttpResponse> {
  checkOptions('enqueue', options, rules)
  const { to, clock = systemClock } = options
  return {
    after: async function enqueueAfter(request) {
      const startedAt = clock.now()
      const event: HttpEvent & Partial<Valid<unknown>> = request.event
      // What `validate` let through needs no second look; a handler's own body does.
      const returned: unknown = request.response
      if (returned !== event.valid?.body || returned === undefined) await assertBody(definition, returned)
      const message = createMessage(definition, returned, {
        time: new Date(startedAt),
        traceparent: trace(event),
      })
      const encoded = { key: message.key, group: message.group, body: encodeMessage(message) }
      await send(to, encoded, requestLimit(request.context, startedAt, clock.now))
      request.response = {
        statusCode: 202,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ id: message.key, status: 'accepted' }),
      }
    },
  }
}

async function assertBody(definition: MessageDefinition, body: unknown): Promise<void> {
  const result = await validateBody(definition, body)
  if (result.ok) return
  const places = result.issues.map(({ path, message }) => `${path || 'the body'}: ${message}`).join('; ')
  throw new SpillwayError(
    'SPILLWAY_BODY_INVALID',
    `The handler before enqueue() has to return the body of a ${definition.name}, but ${places}`,
  )
}

async function send(
  to: Target,
  message: EncodedMessage,
  limit: Parameters<Target['send']>[1],
): Promise<void> {
  const [result]: readonly (SendResult | undefined)[] = await to.send([message], limit)
  if (result?.status === 'accepted') return
  if (result?.code === 'SPILLWAY_BODY_TOO_LARGE') {
    throw new HttpError(413, 'SPILLWAY_BODY_TOO_LARGE', result.detail)
  }
  throw new HttpError(
    503,
    'SPILLWAY_SEND_FAILED',
    'The message was not accepted. Try again with the same key.',
    {
      retryAfter,
      cause: new Error(result?.detail ?? 'the target gave no result'),
    },
  )
}

function trace(event: HttpEvent): string | undefined {
  const value = header(event, 'traceparent')
  return value !== undefined && traceparentPattern.test(value) ? value : undefined
}
