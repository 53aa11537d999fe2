import {
  type Decoded,
  type MessageBody,
  type MessageDefinition,
  type MessageRecord,
  type Outcome,
  park,
  retry,
  type SourceRecord,
  SpillwayError,
  toError,
} from '@spillway/message'
import { readIdentity, readMessage, wireFingerprint } from '@spillway/message/internal'

/** A message for the handler, or what becomes of a record that holds none. */
export type DecodedRecord<Body> = MessageRecord<Body> | { readonly outcome: Outcome }

/** Whether a record holds a message. */
export function isMessage<Body>(decoded: DecodedRecord<Body>): decoded is MessageRecord<Body> {
  return !('outcome' in decoded)
}

/** Whether a record is still being read. By its `then`: `instanceof` for each record takes longer than all else here. */
export function isPending<Body>(
  decoded: DecodedRecord<Body> | Promise<DecodedRecord<Body>>,
): decoded is Promise<DecodedRecord<Body>> {
  return 'then' in decoded
}

/**
 * Reads the message of a record, at once where its schema is synchronous. Never throws.
 *
 * @param text the text of the record, or why it could not be fetched
 */
export function decodeRecord<Definition extends MessageDefinition>(
  definition: Definition,
  record: SourceRecord,
  text: string | Error,
): DecodedRecord<MessageBody<Definition>> | Promise<DecodedRecord<MessageBody<Definition>>> {
  if (text instanceof Error) return { outcome: unloaded(text) }
  try {
    const decoded = readMessage(definition, text)
    if ('ok' in decoded) return toRecord(record, text, decoded)
    return decoded.then((late) => toRecord(record, text, late), failed)
  } catch (thrown) {
    return failed(thrown)
  }
}

function toRecord<Body>(record: SourceRecord, text: string, decoded: Decoded<Body>): DecodedRecord<Body> {
  if (!decoded.ok) {
    const { reason, retryable } = decoded
    const cause = new SpillwayError('SPILLWAY_ENVELOPE_INVALID', reason.detail)
    return { outcome: retryable ? retry({ cause }) : park(reason) }
  }
  const { name, version, key, group, time, traceparent, body } = decoded.message
  const fingerprint = () => wireFingerprint(text)
  const { id: recordId, receiveCount, lane, redriveOf = redrivenOf(record, name, decoded) } = record
  const made: MessageRecord<Body> = {
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
  }
  // A copy, because V8 notices that what this literal makes lives on, and then makes it among what is old: each message
  // would stay until a full collection, and its body with it.
  return { ...made }
}

/** The id of the record whose copy a text says that it is. Of a claim that came back the record says it, not what was fetched. */
function redrivenOf(
  record: SourceRecord,
  name: string,
  { redriveOf }: { readonly redriveOf?: string | undefined },
) {
  return record.load === undefined ? redriveOf : (readIdentity(record.body, name)?.redriveOf ?? redriveOf)
}

/** What a schema throws says nothing about the message. */
function failed(thrown: unknown): { readonly outcome: Outcome } {
  return { outcome: retry({ cause: toError(thrown) }) }
}

/** What becomes of a record whose text was not fetched. What is gone for good does not come back. */
function unloaded(error: Error): Outcome {
  const gone = error instanceof SpillwayError && error.code === 'SPILLWAY_CLAIM_MISSING'
  return gone ? park({ code: error.code, detail: error.message }) : retry({ cause: error })
}
