import {
  type MessageIdentity,
  type Outcome,
  type ParkOutcome,
  park,
  type RecordSource,
  retry,
  type SourceRecord,
  toError,
} from '@spillway/message'
import { isPromise } from '@spillway/message/internal'
import type { Deadline } from '@spillway/transport'
import type { MessageReader } from './reader.ts'
import { deadlineError } from './settled-result.ts'

/** What {@link parkRecord} needs of the invocation. */
export interface ParkingPlace {
  readonly reader: MessageReader
  readonly source: RecordSource
  readonly settling: Deadline
}

/** Sends a copy of a record to the dead-letter queue. The record is retried if the copy is not confirmed in time. Never rejects. */
export async function parkRecord(
  { reader, source, settling }: ParkingPlace,
  record: SourceRecord,
  { reason, recordId }: Pick<ParkOutcome, 'reason' | 'recordId'>,
): Promise<Outcome> {
  if (settling.expired) return retry({ cause: deadlineError() })
  try {
    const own = await firstIdentity(reader, record, settling)
    if (own === late) return retry({ cause: deadlineError() })
    const identity = own && recordId !== undefined ? { ...own, decidedFor: recordId } : own
    const confirmed = await settling.race(source.park(record, reason, settling, identity).then(() => true))
    return confirmed ? park(reason) : retry({ cause: deadlineError() })
  } catch (thrown) {
    return retry({ cause: toError(thrown) })
  }
}

const late = Symbol('late')

/** The first identity of a record; `late` if its schema did not end in time. */
async function firstIdentity(
  reader: MessageReader,
  record: SourceRecord,
  settling: Deadline,
): Promise<MessageIdentity | undefined | typeof late> {
  const found = reader.identities(record)
  if (!isPromise(found)) return found[0]
  const identities = await settling.race(Promise.resolve(found))
  return identities === undefined ? late : identities[0]
}
