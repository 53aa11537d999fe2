import {
  createMessage,
  type EncodedMessage,
  encodeMessage,
  type MessageBody,
  type MessageDefinition,
  SpillwayError,
  type Telemetry,
} from '@spillway/message'
import { header } from './headers.ts'
import { HttpError } from './http-error.ts'
import type { HttpEvent } from './http-event.ts'
import { readIdempotencyKey } from './idempotency-key.ts'
import type { EnqueueOptions } from './options.ts'
import type { Checked } from './validated.ts'

/** W3C Trace Context, version 00. */
const traceparentPattern = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

/** What the messages of a request have in common. */
export interface RequestFacts {
  readonly time: Date
  /** From the `Idempotency-Key` header, scoped. */
  readonly key: string | undefined
  readonly traceparent: string | undefined
}

/**
 * Holds the `Idempotency-Key` header to its form, before the handler does anything.
 *
 * @throws HttpError 400 `SPILLWAY_KEY_INVALID` for one that is no key.
 */
export function checkIdempotencyKey(definition: MessageDefinition, event: HttpEvent): void {
  readKey(definition, event)
}

/** A key of the body's own is the better one: it is the same however the message comes. */
function readKey(definition: MessageDefinition, event: HttpEvent): string | undefined {
  return definition.key === undefined ? readIdempotencyKey(event) : undefined
}

/** Reads what the messages of a request have in common. */
export function readFacts(
  event: HttpEvent,
  definition: MessageDefinition,
  { scope }: Pick<EnqueueOptions<MessageDefinition>, 'scope'>,
  telemetry: Telemetry,
  time: Date,
): RequestFacts {
  const key = readKey(definition, event)
  const scoped = key === undefined || scope === undefined ? key : `${toPrefix(scope(event))}:${key}`
  const traceparent = telemetry.traceparent?.() ?? header(event, 'traceparent')
  const traced = traceparent !== undefined && traceparentPattern.test(traceparent)
  return { time, key: scoped, traceparent: traced ? traceparent : undefined }
}

/** Encoded, so that no two scopes and keys make the same text. */
function toPrefix(scope: string | readonly string[]): string {
  const parts = typeof scope === 'string' ? [scope] : scope
  return parts.map((part) => encodeURIComponent(part.toWellFormed())).join(':')
}

/**
 * A body as a message for the target.
 *
 * @throws HttpError 422 when its key or group is one that no queue carries: they come from the client's body.
 */
export function toSendable<Definition extends MessageDefinition>(
  definition: Definition,
  { input, output }: Checked<Definition>,
  facts: RequestFacts,
  { delay, attributes }: Pick<EnqueueOptions<Definition>, 'delay' | 'attributes'>,
): EncodedMessage {
  const message = create(definition, output, facts)
  const { key, group, traceparent } = message
  return {
    key,
    group,
    body: encodeMessage({ ...message, body: input }),
    ...(traceparent !== undefined && { traceparent }),
    ...(delay !== undefined && { delay: typeof delay === 'function' ? delay(output) : delay }),
    ...(attributes !== undefined && { attributes: attributes(output) }),
  }
}

function create<Definition extends MessageDefinition>(
  definition: Definition,
  output: MessageBody<Definition>,
  facts: RequestFacts,
): ReturnType<typeof createMessage> {
  try {
    return createMessage(definition, output, facts)
  } catch (thrown) {
    if (!(thrown instanceof SpillwayError)) throw thrown
    throw new HttpError(422, thrown.code, thrown.message, { cause: thrown })
  }
}
