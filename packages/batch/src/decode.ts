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

/** A message for the handler, or what becomes of a record that holds none. */
export type DecodedRecord = MessageRecord | { readonly outcome: Outcome }

/** A record that was read, or is still being read. */
export type Decoding = DecodedRecord | Promise<DecodedRecord>

/** Whether a record holds a message. */
export function isMessage(decoded: DecodedRecord): decoded is MessageRecord {
  return !('outcome' in decoded)
}

/** Whether a record is still being read. By its `then`: `instanceof` for each record takes longer than all else here. */
export function isPending(decoded: Decoding): decoded is Promise<DecodedRecord> {
  return 'then' in decoded
}

/**
 * Reads the envelope of a record, at once where its schema is synchronous. Never throws.
 *
 * @param text the text of the record, or why it could not be fetched
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

/** A message that knows the record in which it came. */
export type MadeRecord = MessageRecord & { readonly [sourceRecord]: SourceRecord }

/** The record of a message that came in an envelope. */
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

/** A message with the facts of its delivery. */
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
  // A copy, because V8 notices that what this literal makes lives on, and then makes it among what is old: each message
  // would stay until a full collection, and its body with it.
  return { ...made }
}

/** The id of the record whose copy a text says that it is. Of a claim that came back the record says it, not what was fetched. */
function redrivenOf(
  known: KnownMessages,
  record: SourceRecord,
  { redriveOf }: { readonly redriveOf?: string | undefined },
) {
  return record.load === undefined ? redriveOf : (readIdentity(record.body, known)?.redriveOf ?? redriveOf)
}

/** What becomes of a record whose message cannot be read: one that is newer than its reader waits for the deploy. */
export function unreadable({
  reason,
  retryable,
}: Extract<Decoded<unknown>, { readonly ok: false }>): Outcome {
  if (!retryable) return park(reason)
  return retry({ cause: new SpillwayError('SPILLWAY_ENVELOPE_INVALID', reason.detail) })
}

/** What a schema throws says nothing about the message. */
export function failed(thrown: unknown): { readonly outcome: Outcome } {
  return { outcome: retry({ cause: toError(thrown) }) }
}

/** What becomes of a record whose text was not fetched. What is gone for good does not come back. */
export function unloaded(error: Error): Outcome {
  const gone = error instanceof SpillwayError && error.code === 'SPILLWAY_CLAIM_MISSING'
  return gone ? park({ code: error.code, detail: error.message }) : retry({ cause: error })
}

/** A source that says itself what its texts hold. */
export type DecodingSource = RecordSource & Required<Pick<RecordSource, 'decode'>>

/** Whether a source says itself what its texts hold. */
export function isDecodingSource(source: RecordSource): source is DecodingSource {
  return source.decode !== undefined
}
