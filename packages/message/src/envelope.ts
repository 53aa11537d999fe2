import type { StandardSchemaV1 } from '@standard-schema/spec'
import { kindOfText, kindOfValue } from './decoding/kind-of-text.ts'
import type { MessageDefinition } from './define-message.ts'
import type { Issue } from './issue.ts'
import { type KnownMessages, onlyMessage } from './known-messages.ts'
import { isRecordId, isText, type Message } from './message.ts'
import { type Opened, openBody, toOpened } from './open-body.ts'
import type { ParkReason } from './outcome.ts'
import { readTime } from './read-time.ts'
import { isPromise, runSchema } from './run-schema.ts'
import { validate } from './validate.ts'
import { wireJson } from './wire-json.ts'

/** The version of the envelope, not of the schema of a message. */
export const envelopeVersion = 1

/** The JSON that is sent. */
export interface Envelope {
  readonly spillway: typeof envelopeVersion
  readonly name: string
  readonly version: number
  readonly key: string
  readonly group?: string | undefined
  /** RFC 3339, UTC. */
  readonly time: string
  readonly traceparent?: string | undefined
  /** In a redriven copy: the id of the record that was parked. */
  readonly redriveOf?: string | undefined
  readonly body: unknown
}

/** A message, or the reason why the text is not one. */
export type Decoded<Body> =
  | {
      readonly ok: true
      readonly message: Message<Body>
      /** The id of the record that was parked, if this is its redriven copy. */
      readonly redriveOf?: string | undefined
    }
  | {
      readonly ok: false
      readonly reason: ParkReason
      /** Whether another reader may read it: the message is newer than this reader, for example during a deploy. */
      readonly retryable: boolean
    }

/** The envelope of a message as JSON text that every queue can hold. */
export function encodeMessage(message: Message): string {
  const { name, version, key, group, time, traceparent, body } = message
  const envelope: Envelope = {
    spillway: envelopeVersion,
    name,
    version,
    key,
    group,
    time: time.toISOString(),
    traceparent,
    body,
  }
  return wireJson(envelope)
}

/**
 * Reads the envelope of a message and validates its body. An invalid text gives a reason to park it.
 *
 * Rejects only with what the schema or an upcast throws, which is no statement about the message.
 */
export async function decodeMessage<Schema extends StandardSchemaV1>(
  definition: MessageDefinition<Schema>,
  text: string,
): Promise<Decoded<StandardSchemaV1.InferOutput<Schema>>> {
  return readMessage(onlyMessage(definition), text) as Decoded<StandardSchemaV1.InferOutput<Schema>>
}

/**
 * As {@link decodeMessage}, but synchronous if the schema is: a promise for each record of a batch takes longer than
 * parsing it. Throws, or rejects with, what the schema or an upcast throws.
 */
export function readMessage(
  known: KnownMessages,
  text: string,
): Decoded<unknown> | Promise<Decoded<unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return refuse('SPILLWAY_ENVELOPE_INVALID', expectedEnvelope(kindOfText(text)))
  }
  const envelope = readEnvelope(value)
  if (typeof envelope === 'string') return refuse('SPILLWAY_ENVELOPE_INVALID', envelope)
  return openEnvelope(known, envelope)
}

/** Reads the message in a parsed envelope, like {@link readMessage}. */
export function openEnvelope(
  known: KnownMessages,
  envelope: Envelope,
): Decoded<unknown> | Promise<Decoded<unknown>> {
  const definition = known.find(envelope.name, envelope.version)
  if (definition === undefined) return { ok: false, reason: known.unknown, retryable: false }
  const time = readTime(envelope.time)
  if (Number.isNaN(time.getTime())) return refuse('SPILLWAY_ENVELOPE_INVALID', invalidTime)
  const { version, body } = envelope
  const toDecoded = (opened: Opened): Decoded<unknown> =>
    opened.ok ? toMessage(definition, envelope, time, opened.body) : opened
  if (version !== definition.version) {
    const opened = openBody(definition, version, body)
    return isPromise(opened) ? Promise.resolve(opened).then(toDecoded) : toDecoded(opened)
  }
  // Nearly every message has the version of its reader. This path makes no intermediate object per record.
  const result = runSchema(definition.schema, body)
  if (isPromise(result)) {
    return Promise.resolve(result).then((late) => toDecoded(toOpened(definition, body, late)))
  }
  return result.issues === undefined
    ? toMessage(definition, envelope, time, result.value)
    : toDecoded(toOpened(definition, body, result))
}

function toMessage(
  { name, version }: MessageDefinition,
  { key, group, traceparent, redriveOf }: Envelope,
  time: Date,
  body: unknown,
): Decoded<unknown> {
  const trace = typeof traceparent === 'string' ? traceparent : undefined
  const message = { name, version, key, group: group ?? undefined, time, traceparent: trace, body }
  // Few messages are redriven, and a conditional spread would take as long as the rest of this function.
  return isRecordId(redriveOf) ? { ok: true, message, redriveOf } : { ok: true, message }
}

/** The output of the schema of a message, or the issues of an invalid body. Rejects with what the schema throws. */
export async function validateBody<Schema extends StandardSchemaV1>(
  definition: MessageDefinition<Schema>,
  value: unknown,
): Promise<
  | { readonly ok: true; readonly body: StandardSchemaV1.InferOutput<Schema> }
  | { readonly ok: false; readonly issues: readonly Issue[] }
> {
  const result = await validate(definition.schema, value)
  return result.ok ? { ok: true, body: result.value } : result
}

const invalidTime = 'The envelope has no valid time.'

/** An envelope whose fields have the right types, or a sentence that says what is wrong. */
export function readEnvelope(value: unknown): Envelope | string {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return expectedEnvelope(kindOfValue(value))
  const envelope = value as Partial<Envelope>
  if (envelope.spillway !== envelopeVersion) {
    if (envelope.spillway === undefined) return expectedEnvelope(kindOfValue(value))
    return `The version of the envelope is ${describe(envelope.spillway)}; this reader knows ${envelopeVersion}.`
  }
  if (typeof envelope.name !== 'string') return 'The envelope has no name.'
  if (!Number.isSafeInteger(envelope.version) || Number(envelope.version) < 1) {
    return `The version of the message is ${describe(envelope.version)}.`
  }
  if (!isText(envelope.key, 256)) return 'The envelope has no key of 1 to 256 characters.'
  // Producers in other languages write `null` for an absent field.
  const group: unknown = envelope.group ?? undefined
  if (group !== undefined && !isText(group, 128)) return 'The envelope has an invalid group.'
  if (typeof envelope.time !== 'string') return invalidTime
  if (!Object.hasOwn(envelope, 'body')) return 'The envelope has no body.'
  return envelope as Envelope
}

function expectedEnvelope(found: string): string {
  return `Expected an envelope of Spillway; the record holds ${found}. Give the source a \`decode\` that reads it.`
}

/** Only numbers are shown in a reason: a queue may hold anybody's data. */
function describe(value: unknown): string {
  if (typeof value === 'number') return String(value)
  return value === undefined ? 'missing' : 'not a number'
}

function refuse(code: string, detail: string): { ok: false; reason: ParkReason; retryable: false } {
  return { ok: false, reason: { code, detail }, retryable: false }
}
