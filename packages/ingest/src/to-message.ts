import {
  createMessage,
  type EncodedMessage,
  encodeMessage,
  type MessageBody,
  type MessageDefinition,
  type MessageFacts,
  SpillwayError,
  type Telemetry,
} from '@spillway/message'
import { isText, refusePromise } from '@spillway/message/internal'
import { composeKey, readScope } from './compose-key.ts'
import { header } from './headers.ts'
import { HttpError } from './http-error.ts'
import type { HttpEvent } from './http-event.ts'
import { readIdempotencyKey } from './idempotency-key.ts'
import type { EnqueueOptions } from './options.ts'
import { toTraceparent } from './traceparent.ts'
import type { Checked } from './validated.ts'

/** What the messages of a request have in common. */
export interface RequestFacts {
  readonly time: Date
  /** The scope and the key of the `Idempotency-Key` header. */
  readonly keyParts: readonly string[] | undefined
  readonly traceparent: string | undefined
}

/**
 * Reads the `Idempotency-Key` header for a message. `undefined` when the definition has a key of its own, which takes
 * precedence.
 */
export function keyReader({ key }: MessageDefinition): typeof readIdempotencyKey | undefined {
  return key === undefined ? readIdempotencyKey : undefined
}

/** Reads what the messages of a request have in common. */
export function readFacts(
  event: HttpEvent,
  key: string | undefined,
  { scope }: Pick<EnqueueOptions<MessageDefinition>, 'scope'>,
  telemetry: Telemetry,
  time: Date,
): RequestFacts {
  return {
    time,
    keyParts: key === undefined ? undefined : [...(scope === undefined ? [] : readScope(scope(event))), key],
    traceparent: toTraceparent(telemetry.traceparent?.()) ?? toTraceparent(header(event, 'traceparent')),
  }
}

/**
 * Makes a message for the target.
 *
 * @param place distinguishes the message from the others of its request, when its key comes from the header
 * @throws HttpError 422 when a queue cannot hold its key or group: they come from the body of the client.
 */
export function toMessage<Definition extends MessageDefinition>(
  definition: Definition,
  { input, output }: Checked<Definition>,
  facts: RequestFacts,
  { delay, attributes }: Pick<EnqueueOptions<Definition>, 'delay' | 'attributes'>,
  place?: string,
): EncodedMessage {
  const { time, keyParts, traceparent } = facts
  const composed = keyParts && composeKey(keyParts, place)
  const message = create(definition, output, { time, key: composed, traceparent })
  const { key, group } = message
  return {
    key,
    group,
    body: encodeMessage({ ...message, body: input }),
    ...(traceparent !== undefined && { traceparent }),
    ...(delay !== undefined && {
      delay: typeof delay === 'function' ? atOnce('delay', delay(output)) : delay,
    }),
    ...(attributes !== undefined && { attributes: atOnce('attributes', attributes(output)) }),
  }
}

function atOnce<Value>(option: string, value: Value): Value {
  refusePromise(`The option \`${option}\` of enqueue`, value)
  return value
}

function create<Definition extends MessageDefinition>(
  definition: Definition,
  output: MessageBody<Definition>,
  facts: MessageFacts,
): ReturnType<typeof createMessage> {
  try {
    return createMessage(definition, output, facts)
  } catch (thrown) {
    if (!(thrown instanceof SpillwayError) || thrown.code === 'SPILLWAY_OPTION_INVALID') throw thrown
    throw new HttpError(422, thrown.code, thrown.message, { cause: thrown })
  }
}

/** The key that the message of a body would have; `undefined` without a valid key, and for a generated one. */
export function idOf<Definition extends MessageDefinition>(
  definition: Definition,
  output: MessageBody<Definition>,
  { keyParts }: RequestFacts,
  place: string,
): string | undefined {
  if (definition.key === undefined) return keyParts && composeKey(keyParts, place)
  try {
    const key: unknown = definition.key(output)
    refusePromise('The key', key)
    return isText(key, 256) ? key : undefined
  } catch {
    return undefined
  }
}
