import type { Outcome, RetryOutcome, SourceRecord, SpillwayError } from '@spillway/message'
import { type Backoff, equalJitter, fullJitter, type OptionRule } from '@spillway/message/internal'
import type { Ledger } from './ledger.ts'
import { isUnavailable } from './outage.ts'

/** The back-off of deliveries: base and cap in seconds, 1 to 43,200; `false` for the queue's own visibility time-out. */
export type BackoffOption = Backoff | false

/** The back-off where none is given. Seconds. */
export const defaultBackoff: Backoff = Object.freeze({ base: 60, cap: 900 })

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

/** What a delay depends on. */
export interface DelayFacts {
  readonly outcome: RetryOutcome
  readonly receiveCount: number
  /** Whether what the batch needs is down: what was not begun for it waits as long as what failed for it. */
  readonly isOutage: boolean
}

/**
 * Seconds until the next delivery of a record; `undefined` for the queue's own visibility time-out.
 *
 * A record that failed by itself comes back after a wait with full jitter. In an outage each delivery uses up a receive
 * that the record is not to blame for, so there the wait is never below half.
 *
 * @param random a number in `[0, 1)`
 */
export function retryDelay(
  { outcome, receiveCount, isOutage }: DelayFacts,
  backoff: BackoffOption,
  random: number,
): number | undefined {
  const { after } = outcome
  if (backoff === false) return after
  if (isUnavailable(outcome) || (isOutage && isOutOfTime(outcome))) {
    return Math.max(after ?? 0, outageDelay(backoff, receiveCount, random))
  }
  return after ?? Math.max(1, fullJitter(backoff, receiveCount, random))
}

/** Seconds until the next delivery of a record in an outage. */
export function outageDelay(backoff: Backoff, receiveCount: number, random: number): number {
  return Math.max(1, equalJitter(backoff, receiveCount, random))
}

/** What {@link retryDelays} takes. */
export interface ReturnedRecords {
  readonly records: readonly SourceRecord[]
  readonly ledger: Ledger
  readonly backoff: BackoffOption
  readonly random: () => number
  /** Whether the batch waited for what it needs. */
  readonly isOutage: boolean
}

/** The delay of each record that is returned. One that follows another has the same: it is not to overtake it. */
export function retryDelays({
  records,
  ledger,
  backoff,
  random,
  isOutage,
}: ReturnedRecords): readonly { readonly record: SourceRecord; readonly seconds: number }[] {
  if (ledger.isClean()) return []
  const isDown = isOutage || records.some((_, position) => isUnavailable(ledger.outcome(position) as Outcome))
  const delays = new Map<number, number | undefined>()
  function delayOf(root: number): number | undefined {
    if (!delays.has(root)) {
      const outcome = ledger.outcome(root) as RetryOutcome
      const { receiveCount } = records[root] as SourceRecord
      delays.set(root, retryDelay({ outcome, receiveCount, isOutage: isDown }, backoff, random()))
    }
    return delays.get(root)
  }
  return records.flatMap((record, position) => {
    const root = ledger.rootOf(position)
    const seconds = root === undefined ? undefined : delayOf(root)
    return seconds === undefined ? [] : [{ record, seconds }]
  })
}

function isOutOfTime({ cause }: RetryOutcome): boolean {
  return (cause as Partial<SpillwayError> | undefined)?.code === 'SPILLWAY_DEADLINE'
}
