import {
  type Outcome,
  type ParkReason,
  park,
  type RecordSource,
  retry,
  type SourceRecord,
  SpillwayError,
  toError,
} from '@spillway/message'
import type { Deadline } from './deadline.ts'

/** Sends the copy of a record to the dead-letter queue. One that is not confirmed in time becomes a retry: it must not be lost. */
export async function parkRecord(
  source: RecordSource,
  record: SourceRecord,
  reason: ParkReason,
  settling: Deadline,
): Promise<Outcome> {
  if (settling.expired) return retry({ cause: outOfTime() })
  try {
    const confirmed = await settling.race(source.park(record, reason, settling).then(() => true))
    return confirmed ? park(reason) : retry({ cause: outOfTime() })
  } catch (thrown) {
    return retry({ cause: toError(thrown) })
  }
}

/** Why a record is returned that nobody had the time for. */
export function outOfTime(): SpillwayError {
  return new SpillwayError('SPILLWAY_DEADLINE', 'The invocation ran out of time before the record was done.')
}

const fulfilled: PromiseFulfilledResult<undefined> = Object.freeze({ status: 'fulfilled', value: undefined })

/** What a middleware turns into `batchItemFailures`. */
export function toSettledResult(outcome: Outcome): PromiseSettledResult<undefined> {
  if (outcome.kind !== 'retry') return fulfilled
  return { status: 'rejected', reason: toError(outcome.cause ?? new Error('the writer asked for a retry')) }
}
