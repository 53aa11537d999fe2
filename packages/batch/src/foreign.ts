import {
  type DecodedText,
  type DecodingResult,
  done,
  isDecoded,
  type MessageDefinition,
  park,
  retry,
  type SourceRecord,
  SpillwayError,
} from '@spillway/message'
import {
  bodyFingerprint,
  envelopeIn,
  isPromise,
  isText,
  type KnownMessages,
  keyAndGroup,
  kindOfText,
  type Opened,
  openBody,
  openEnvelope,
} from '@spillway/message/internal'
import {
  type DecodedRecord,
  type Decoding,
  type DecodingSource,
  failed,
  makeRecord,
  toRecord,
  unreadable,
} from './decode.ts'

/** The message of a record by its text. The first key is the key of the message. */
export interface Found {
  readonly name: string
  readonly keys: readonly string[]
  readonly redriveOf?: string | undefined
  fingerprint(): string
}

/** What {@link decodeForeign} needs. */
export interface ForeignReader {
  readonly known: KnownMessages
  readonly source: DecodingSource
  /** Called as soon as the message of a record is known, and again if its body has another key. */
  found(record: SourceRecord, found: Found): void
  /** Called for a message without a key, which is identified by the id of its record. */
  keyless(name: string): void
}

/** Decodes a record by the decoding of its source. Never throws. */
export function decodeForeign(reader: ForeignReader, record: SourceRecord, text: string): Decoding {
  const { known, source } = reader
  const decoded = resultOf(source, record, text)
  if ('kind' in decoded) return { outcome: outcomeOf(decoded, text) }
  const fingerprint = () => fingerprintOf(source.decode(record, text))
  try {
    const envelope = envelopeIn(decoded)
    if (envelope === undefined) return readForeign(reader, record, decoded, fingerprint)
    const { name, version, key, redriveOf } = envelope
    if (known.find(name, version) !== undefined) {
      reader.found(record, { name, keys: [key], redriveOf, fingerprint })
    }
    const opened = openEnvelope(known, envelope)
    if (!isPromise(opened)) return toRecord(known, record, opened, fingerprint)
    return opened.then((late) => toRecord(known, record, late, fingerprint), failed)
  } catch (thrown) {
    return failed(thrown)
  }
}

function readForeign(
  reader: ForeignReader,
  record: SourceRecord,
  decoded: DecodedText,
  fingerprint: () => string,
): Decoding {
  const { only, unknownForeign } = reader.known
  const definition = decoded.name === undefined ? only : reader.known.find(decoded.name, decoded.version ?? 1)
  if (definition === undefined) return { outcome: park(unknownForeign) }
  const { name } = definition
  const spare = decoded.key ?? record.redriveOf ?? record.id
  if (!isText(spare, 256)) return { outcome: park(invalidKey) }
  reader.found(record, { name, keys: [spare], fingerprint })
  const opened = openBody(definition, decoded.version ?? definition.version, decoded.body)
  const finish = (late: Opened) => {
    if (!late.ok) return { outcome: unreadable(late) }
    const made = toForeignRecord(definition, record, { ...decoded, key: spare, body: late.body }, fingerprint)
    if (!('key' in made)) return made
    if (made.key !== spare) reader.found(record, { name, keys: [made.key, spare], fingerprint })
    if (definition.key === undefined && decoded.key === undefined) reader.keyless(name)
    return made
  }
  return isPromise(opened) ? Promise.resolve(opened).then(finish).catch(failed) : finish(opened)
}

function toForeignRecord(
  definition: MessageDefinition,
  record: SourceRecord,
  { key: spare, group: decodedGroup, time = new Date(0), traceparent, body }: DecodedText,
  fingerprint: () => string,
): DecodedRecord {
  const { name, version } = definition
  let own: { readonly key?: string | undefined; readonly group?: string | undefined }
  try {
    own = keyAndGroup(definition, body)
  } catch (thrown) {
    // An invalid key or group is a fault of the body; any other error is a fault of the definition.
    const isOfBody =
      thrown instanceof SpillwayError &&
      (thrown.code === 'SPILLWAY_KEY_INVALID' || thrown.code === 'SPILLWAY_GROUP_INVALID')
    return isOfBody ? { outcome: park({ code: thrown.code, detail: thrown.message }) } : failed(thrown)
  }
  const { key = String(spare), group = decodedGroup } = own
  if (group !== undefined && !isText(group, 128)) return { outcome: park(invalidGroup) }
  const message = { name, version, key, group, time, traceparent, body }
  return makeRecord(message, record, record.redriveOf, fingerprint)
}

/** The result of a decoding. An error or an invalid result says nothing about the record. */
function resultOf(source: DecodingSource, record: SourceRecord, text: string): DecodingResult | Failed {
  try {
    const result: unknown = source.decode(record, text)
    if (isResult(result)) return result
    if (isPromise(result)) result.then(undefined, () => undefined)
    return { kind: 'failed', cause: new TypeError(describe(result)) }
  } catch (cause) {
    return { kind: 'failed', cause }
  }
}

/** The text of a record, decoded but not validated; `undefined` if it cannot be decoded. */
export function decodedText(source: DecodingSource, record: SourceRecord): DecodedText | undefined {
  const result = resultOf(source, record, record.body)
  return 'kind' in result ? undefined : result
}

interface Failed {
  readonly kind: 'failed'
  readonly cause: unknown
}

const kinds: ReadonlySet<unknown> = new Set(['refused', 'not-mine', 'acknowledged'])

function isResult(value: unknown): value is DecodingResult {
  if (typeof value !== 'object' || value === null) return false
  return 'kind' in value ? kinds.has(value.kind) : 'body' in value
}

function describe(result: unknown): string {
  return isPromise(Object(result))
    ? 'The decoding returned a promise. It must be synchronous.'
    : 'The decoding must return { body, … }, refuse(…), notMine(…) or acknowledge().'
}

/** The outcome of a record for which the decoding gave no message. */
function outcomeOf(result: Exclude<DecodingResult, DecodedText> | Failed, text: string) {
  if (result.kind === 'acknowledged') return done()
  if (result.kind === 'refused') return park({ code: result.code, detail: result.detail })
  if (result.kind === 'not-mine') {
    const { expected, found = kindOfText(text) } = result
    return park({
      code: 'SPILLWAY_MESSAGE_UNREADABLE',
      detail: `Expected ${expected}; the record holds ${found}.`,
    })
  }
  const cause = new SpillwayError(
    'SPILLWAY_DECODING_FAILED',
    'The `decode` of the source failed for a record, which is delivered again. Let it return refuse(…) for a text that it cannot read.',
    { cause: result.cause },
  )
  return retry({ cause, unavailable: false })
}

/** The fingerprint of the body as it was sent. The text is decoded again, because an upcast or a handler may change a body. */
function fingerprintOf(decoded: DecodingResult): string {
  return bodyFingerprint(isDecoded(decoded) ? decoded.body : null)
}

const invalidKey = {
  code: 'SPILLWAY_KEY_INVALID',
  detail: 'The key that the decoding gave is not a well-formed string of 1 to 256 characters.',
}
const invalidGroup = {
  code: 'SPILLWAY_GROUP_INVALID',
  detail: 'The group that the decoding gave is not a well-formed string of 1 to 128 characters.',
}
