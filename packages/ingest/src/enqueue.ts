import type { MiddlewareObj } from '@middy/core'
import {
  createMessage,
  type EncodedMessage,
  encodeMessage,
  type MessageDefinition,
  type SendResult,
  SpillwayError,
  type Target,
  type TimeLimit,
  validateBody,
} from '@spillway/message'
import {
  type Clock,
  checkOptions,
  isFunction,
  type OptionRules,
  objectWith,
  required,
  systemClock,
} from '@spillway/message/internal'
import { type HttpEvent, type HttpResponse, header, requestLimit } from './http.ts'
import { HttpError } from './http-error.ts'
import { readIdempotencyKey } from './idempotency-key.ts'
import type { Valid } from './validate.ts'

/** What {@link enqueue} takes beside the message. */
export interface EnqueueOptions {
  /** Where messages go, for example `sqsTarget({ queueUrl })`. */
  readonly to: Target
  /**
   * What a key from the `Idempotency-Key` header is unique in: the tenant, the route. It goes before the key, so that
   * clients that do not know of one another cannot take each other's keys. Default: nothing.
   */
  readonly scope?: (event: HttpEvent) => string
  readonly clock?: Clock
}

const rules: OptionRules<EnqueueOptions> = {
  to: required({ ...objectWith('send'), expected: 'a target, for example sqsTarget({ queueUrl })' }),
  scope: isFunction,
  clock: objectWith('now', 'sleep'),
}

/** Seconds that a client should wait when the queue did not confirm its message. */
const retryAfter = 1

/** W3C Trace Context, version 00. */
const traceparentPattern = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

/** When the request began, beside its event: the gateway's patience counts from there. */
const startedAt = new WeakMap<HttpEvent, number>()

/**
 * Sends the body that the handler returns as a message, and answers 202 with the message's `id` (its key) once the
 * queue has confirmed that very message.
 *
 * The handler returns `event.valid.body`, or a body of its own: what goes into the schema, not what comes out of it.
 * One that returns nothing, or a body that the schema refuses, is a 500: nothing is sent.
 *
 * The key is that of the definition, else the client's `Idempotency-Key` header, else a new UUIDv7.
 *
 * A message that was not confirmed is a 503. It may be in the queue all the same: a client that repeats the request
 * with the same key makes no second effect.
 */
export function enqueue<Definition extends MessageDefinition>(
  definition: Definition,
  options: EnqueueOptions,
): MiddlewareObj<HttpEvent, HttpResponse> {
  checkOptions('enqueue', options, rules)
  const { to, scope, clock = systemClock } = options
  const now = () => clock.now()

  function readKey(event: HttpEvent): string | undefined {
    // A key of the body's own is the better one: it is the same however the message comes.
    const key = definition.key === undefined ? readIdempotencyKey(event) : undefined
    return key === undefined || scope === undefined ? key : `${scope(event)}:${key}`
  }

  return {
    before: function enqueueBefore({ event }) {
      startedAt.set(event, now())
    },
    after: async function enqueueAfter(request) {
      const { event, context } = request
      const { input, output } = await readBody(definition, event, request.response)
      const message = {
        ...toMessage(definition, output, {
          time: new Date(now()),
          key: readKey(event),
          traceparent: trace(event),
        }),
        body: input,
      }
      const encoded = { key: message.key, group: message.group, body: encodeMessage(message) }
      await send(to, encoded, requestLimit(context, startedAt.get(event) ?? now(), now))
      request.response = {
        statusCode: 202,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ id: message.key, status: 'accepted' }),
      }
    },
  }
}

/** The body to send, and what the schema makes of it: key and group come from there. */
async function readBody(
  definition: MessageDefinition,
  { valid }: HttpEvent & Partial<Valid<MessageDefinition>>,
  returned: unknown,
): Promise<{ readonly input: unknown; readonly output: unknown }> {
  // What `validate` let through needs no second look; a handler's own body does.
  if (valid !== undefined && valid.definition === definition && valid.body === returned) {
    return { input: valid.input, output: valid.body }
  }
  if (returned === undefined) throw handlerWrong(definition, 'it returned nothing')
  const result = await validateBody(definition, returned)
  if (result.ok) return { input: returned, output: result.body }
  const places = result.issues.map(({ path, message }) => `${path || 'the body'}: ${message}`)
  throw handlerWrong(definition, places.join('; '))
}

function handlerWrong({ name }: MessageDefinition, why: string): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_BODY_INVALID',
    `The handler before enqueue() has to return the body of a ${name}, but ${why}`,
  )
}

/** A key or a group that no queue carries is the client's doing: they come from its body. */
function toMessage(...args: Parameters<typeof createMessage>): ReturnType<typeof createMessage> {
  try {
    return createMessage(...args)
  } catch (thrown) {
    if (!(thrown instanceof SpillwayError)) throw thrown
    throw new HttpError(422, thrown.code, thrown.message, { cause: thrown })
  }
}

async function send(to: Target, message: EncodedMessage, limit: TimeLimit): Promise<void> {
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
      ...(result?.retryable !== false && { retryAfter }),
      cause: new Error(result?.detail ?? 'the target gave no result'),
    },
  )
}

function trace(event: HttpEvent): string | undefined {
  const value = header(event, 'traceparent')
  return value !== undefined && traceparentPattern.test(value) ? value : undefined
}
