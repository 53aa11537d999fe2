import {
  type Decoded,
  type Message,
  type MessageRecord,
  type Outcome,
  park,
  type RecordSource,
  retry,
  type SourceRecord,
  SpillwayError,
  toError,
} from '@spillway/message'
import { type KnownMessages, readMessage } from '@spillway/message/internal'
import { sourceRecord } from '@spillway/transport'
import { readIdentity, wireFingerprint } from './identity.ts'

/** A message for the handler, or the outcome of a record that has none. */
export type DecodedRecord = MessageRecord | { readonly outcome: Outcome }

/** A decoded record, or the promise of one. */
export type Decoding = DecodedRecord | Promise<DecodedRecord>

/** Whether a record has a message. */
export function isMessage(decoded: DecodedRecord): decoded is MessageRecord {
  return !('outcome' in decoded)
}

/** Whether a result is still being computed. Looks for `then`, because `instanceof` is too slow to be called for each record. */
export function isPending<Result extends object>(
  result: Result | Promise<Result>,
): result is Promise<Result> {
  return 'then' in result
}

/**
 * Decodes the envelope of a record; synchronously if its schema is synchronous. Never throws.
 *
 * @param text the text of the record, or the error of fetching it
 */
export function decodeRecord(known: KnownMessages, record: SourceRecord, text: string | Error): Decoding {
  if (text instanceof Error) return { outcome: unloaded(text) }
  try {
    const decoded = readMessage(known, text)
    if ('ok' in decoded) return toRecord(known, record, decoded, () => wireFingerprint(text))
    return decoded.then((late) => toRecord(known, record, late, () => wireFingerprint(text)), failed)
  } catch (thrown) {
    return failed(thrown)
  }
}

/** A message with a reference to its record. */
export type MadeRecord = MessageRecord & { readonly [sourceRecord]: SourceRecord }

/** Makes the result for a record with an envelope. */
export function toRecord(
  known: KnownMessages,
  record: SourceRecord,
  decoded: Decoded<unknown>,
  fingerprint: () => string,
): DecodedRecord {
  if (!decoded.ok) return { outcome: unreadable(decoded) }
  const { redriveOf = redrivenOf(known, record, decoded) } = record
  return makeRecord(decoded.message, record, redriveOf, fingerprint)
}

/** Adds the facts of the delivery to a message. */
export function makeRecord(
  { name, version, key, group, time, traceparent, body }: Message,
  record: SourceRecord,
  redriveOf: string | undefined,
  fingerprint: () => string,
): MadeRecord {
  const { id: recordId, receiveCount, lane } = record
  const made: MadeRecord = {
    name,
    version,
    key,
    group,
    time,
    traceparent,
    body,
    receiveCount,
    lane,
    fingerprint,
    recordId,
    redriveOf,
    [sourceRecord]: record,
  }
  // A copy, because V8 allocates a literal whose objects live long in the old generation ("pretenuring"): each message
  // and its body would stay in memory until a full garbage collection.
  return { ...made }
}

/** The id of the record that a redriven copy was made from. For a claim it is in the claim, not in the fetched text. */
function redrivenOf(
  known: KnownMessages,
  record: SourceRecord,
  { redriveOf }: { readonly redriveOf?: string | undefined },
) {
  return record.load === undefined ? redriveOf : (readIdentity(record.body, known)?.redriveOf ?? redriveOf)
}

/** The outcome of a record that cannot be decoded. A message of a later version is retried: a deploy is going on. */
export function unreadable({
  reason,
  retryable,
}: Extract<Decoded<unknown>, { readonly ok: false }>): Outcome {
  if (!retryable) return park(reason)
  return retry({ cause: new SpillwayError('SPILLWAY_ENVELOPE_INVALID', reason.detail) })
}

/** The outcome of a record whose schema threw, which says nothing about the message. */
export function failed(thrown: unknown): { readonly outcome: Outcome } {
  return { outcome: retry({ cause: toError(thrown) }) }
}

/** The outcome of a record whose text could not be fetched. It is parked if the text no longer exists. */
export function unloaded(error: Error): Outcome {
  const gone = error instanceof SpillwayError && error.code === 'SPILLWAY_CLAIM_MISSING'
  return gone ? park({ code: error.code, detail: error.message }) : retry({ cause: error })
}

/** A source with its own decoding. */
export type DecodingSource = RecordSource & Required<Pick<RecordSource, 'decode'>>

/** Whether a source has its own decoding. */
export function isDecodingSource(source: RecordSource): source is DecodingSource {
  return source.decode !== undefined
}
