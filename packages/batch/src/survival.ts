import { checkOptions, integer, type OptionRules, required } from '@spillway/message/internal'
import { guardShare } from './deadline.ts'
import { longestHoldWait } from './hold.ts'
import { type BackoffOption, defaultBackoff, isBackoff, outageDelay } from './retry-delay.ts'

/** What {@link outageSurvival} takes: the numbers of the queue and the function. */
export interface OutageOptions {
  /** After so many receives the queue moves a message to its dead-letter queue. 1 to 1,000. */
  readonly maxReceiveCount: number
  /** The function's time-out, in seconds. 1 to 5,400. */
  readonly timeout: number
  /** The queue's visibility time-out, in seconds: applies where `backoff` is `false`. Default 6 times the time-out. */
  readonly visibilityTimeout?: number
  /** As at `batch`, in milliseconds. Default 1,000. */
  readonly guard?: number
  /** As at `batch`, in seconds. Default `{ base: 60, cap: 900 }`. */
  readonly backoff?: BackoffOption
}

/** How long an outage may last, in seconds. */
export interface OutageSurvival {
  /** An outage that is shorter sends no message to the dead-letter queue that could be delivered before it. */
  readonly least: number
  /** How long it can last at best: what jitter adds. An outage that is longer sends there all that it met first. */
  readonly most: number
}

const rules: OptionRules<OutageOptions> = {
  maxReceiveCount: required(integer(1, 1000)),
  timeout: required(integer(1, 5400)),
  visibilityTimeout: integer(1, 43_200),
  guard: integer(0, 900_000),
  backoff: isBackoff,
}

/**
 * How long a database may be down before a message is moved to the dead-letter queue for it.
 *
 * A message is received `maxReceiveCount` times. Each time it is held for until the guard is reached, and between two
 * times its visibility is put off by the back-off, so that
 *
 * `survival = maxReceiveCount × (timeout - guard) + the delays of the first maxReceiveCount - 1 receives`
 *
 * It counts invocations that have all their time, tries that fail fast, and records whose retries are unavailable (see
 * `hold` of `batch`). An invocation ends up to 2 s before the guard, when no time is left for a wait and a try: `least`
 * is without these. Waiting for a batch to fill, or for the function's turn, only adds to it.
 *
 * @example
 * ```ts
 * import { outageSurvival } from '@spillway/batch'
 *
 * const { least } = outageSurvival({ maxReceiveCount: 5, timeout: 30 }) // 585 s
 * ```
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range.
 */
export function outageSurvival(options: OutageOptions): OutageSurvival {
  checkOptions('outageSurvival', options, rules)
  const { maxReceiveCount, timeout, visibilityTimeout = 6 * timeout } = options
  const { guard = 1000, backoff = defaultBackoff } = options
  const mostHeld = timeout - Math.min(guard / 1000, timeout * guardShare)
  const leastHeld = Math.max(0, mostHeld - longestHoldWait / 1000)

  function total(held: number, random: number): number {
    let seconds = held
    for (let receive = 1; receive < maxReceiveCount; receive++) {
      // The queue's own time-out counts from the receive, a changed one from the change.
      seconds += backoff === false ? visibilityTimeout : held + outageDelay(backoff, receive, random)
    }
    return seconds
  }
  return { least: total(leastHeld, 0), most: total(mostHeld, 1) }
}
