import type { RetryOutcome, SourceRecord } from '@spillway/message'
import { type Backoff, equalJitter, type OptionRule } from '@spillway/message/internal'
import { isUnavailable } from './outage.ts'
import type { BatchProgress } from './progress.ts'

/** The back-off of deliveries: base and cap in seconds, 1 to 43,200; `false` for the visibility time-out of the queue. */
export type BackoffOption = Backoff | false

/** Amazon SQS quotas: the longest visibility time-out, 12 hours. */
const longest = 43_200

/** Rule for a {@link BackoffOption}. */
export const isBackoff: OptionRule = {
  expected: 'false, or { base, cap } in seconds with 1 <= base <= cap <= 43200',
  test(value) {
    if (value === false) return true
    if (typeof value !== 'object' || value === null) return false
    const { base, cap, ...others } = value as Record<string, unknown>
    if (typeof base !== 'number' || typeof cap !== 'number') return false
    return base >= 1 && base <= cap && cap <= longest && Object.keys(others).length === 0
  },
}

/**
 * Seconds until the next delivery of a record; `undefined` for the visibility time-out of the queue.
 *
 * The delay depends on the back-off and the receives, not on the kind of failure: each delivery uses up a receive, so a
 * failure that is not recognised as an outage must not be delivered sooner than one that is. An `after` of the handler
 * replaces the back-off; for an unavailable record only if it is longer.
 *
 * @param random a number in `[0, 1)`
 */
export function retryDelay(
  outcome: RetryOutcome,
  receiveCount: number,
  backoff: BackoffOption,
  random: number,
): number | undefined {
  const { after } = outcome
  if (backoff === false) return after
  if (after === undefined) return backoffDelay(backoff, receiveCount, random)
  return isUnavailable(outcome) ? Math.max(after, backoffDelay(backoff, receiveCount, random)) : after
}

/** The back-off of a record in seconds, by its receives: between half of the full delay and all of it. */
export function backoffDelay(backoff: Backoff, receiveCount: number, random: number): number {
  return Math.max(1, equalJitter(backoff, receiveCount, random))
}

/** What {@link retryDelays} needs. */
export interface ReturnedRecords {
  readonly records: readonly SourceRecord[]
  readonly progress: BatchProgress
  readonly backoff: BackoffOption
  readonly random: () => number
}

/** The delay of a record. */
export interface RecordDelay {
  readonly record: SourceRecord
  readonly seconds: number
}

/** The delay of each retried record. A record that waits for another one of its lane has the same delay, or it would overtake it. */
export function retryDelays({ records, progress, backoff, random }: ReturnedRecords): readonly RecordDelay[] {
  if (progress.isClean()) return []
  const delays = new Map<number, number | undefined>()
  function delayOf(position: number): number | undefined {
    if (!delays.has(position)) {
      const outcome = progress.outcome(position) as RetryOutcome
      const { receiveCount } = records[position] as SourceRecord
      delays.set(position, retryDelay(outcome, receiveCount, backoff, random()))
    }
    return delays.get(position)
  }
  return records.flatMap((record, position) => {
    const blocker = progress.blockedBy(position)
    if (blocker === undefined) return []
    // A record that waits for one of another lane has a delay by its own receives.
    const seconds = delayOf(records[blocker]?.lane === record.lane ? blocker : position)
    return seconds === undefined ? [] : [{ record, seconds }]
  })
}
