import type { RetryOutcome, SourceRecord } from '@spillway/message'
import { type Backoff, equalJitter, type OptionRule } from '@spillway/message/internal'
import type { Ledger } from './ledger.ts'
import { isUnavailable } from './outage.ts'

/** The back-off of deliveries: base and cap in seconds, 1 to 43,200; `false` for the queue's own visibility time-out. */
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
 * Seconds until the next delivery of a record; `undefined` for the queue's own visibility time-out.
 *
 * Nothing but the back-off and the receives decides, whatever a writer says of the failure: each delivery uses up a
 * receive, so that a failure that is not recognised as an outage must not come back sooner than one that is. An `after`,
 * which a handler was told by somebody, takes its place; of what is unavailable only a longer one.
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

/** Seconds until the next delivery of a record by its receives: between half of the back-off and all of it. */
export function backoffDelay(backoff: Backoff, receiveCount: number, random: number): number {
  return Math.max(1, equalJitter(backoff, receiveCount, random))
}

/** What {@link retryDelays} takes. */
export interface ReturnedRecords {
  readonly records: readonly SourceRecord[]
  readonly ledger: Ledger
  readonly backoff: BackoffOption
  readonly random: () => number
}

/**
 * The delay of each record that is returned. One that follows another of its lane has the same: it is not to overtake
 * it.
 */
export function retryDelays({
  records,
  ledger,
  backoff,
  random,
}: ReturnedRecords): readonly { readonly record: SourceRecord; readonly seconds: number }[] {
  if (ledger.isClean()) return []
  const delays = new Map<number, number | undefined>()
  function delayOf(root: number): number | undefined {
    if (!delays.has(root)) {
      const outcome = ledger.outcome(root) as RetryOutcome
      const { receiveCount } = records[root] as SourceRecord
      delays.set(root, retryDelay(outcome, receiveCount, backoff, random()))
    }
    return delays.get(root)
  }
  return records.flatMap((record, position) => {
    const root = ledger.blockedBy(position)
    if (root === undefined) return []
    // Of another lane: what holds it back says nothing of how many receives it may use up.
    const seconds = delayOf(records[root]?.lane === record.lane ? root : position)
    return seconds === undefined ? [] : [{ record, seconds }]
  })
}
