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

/** Whose message a record holds, as its text says it. The first key is that of the message. */
export interface Found {
  readonly name: string
  readonly keys: readonly string[]
  readonly redriveOf?: string | undefined
  fingerprint(): string
}

/** What reads the records of a source that decodes. */
export interface ForeignReader {
  readonly known: KnownMessages
  readonly source: DecodingSource
  /** Hears whose message a record holds, as soon as it is known, and once more when the body says another key. */
  found(record: SourceRecord, found: Found): void
  /** Hears that a message is known by the id of its record alone. */
  keyless(name: string): void
}

/** Reads a record by the decoding of its source. Never throws. */
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
    // The body is to blame only for a text that no queue could carry; for what else is thrown, the definition is.
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

/** What a decoding answers. What it throws, or answers in place of a result, says nothing of the record. */
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

/** What the text of a record says, its body not validated; `undefined` where it says nothing. */
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
    ? 'The decoding is asynchronous: it has to answer at once, not with a promise.'
    : 'The decoding has to answer { body, … }, refuse(…), notMine(…) or acknowledge().'
}

/** What becomes of a record that a decoding does not read. */
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
    'The `decode` of the source failed for a record, which is delivered again. Let it answer refuse(…) for what it cannot read.',
    { cause: result.cause },
  )
  return retry({ cause, unavailable: false })
}

/** Of the body as it was sent, decoded once more: an upcast or a handler may have changed the first one. */
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
