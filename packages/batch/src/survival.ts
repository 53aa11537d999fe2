import {
  checkOptions,
  deliveryBackoff,
  integer,
  type OptionRules,
  required,
} from '@spillway/message/internal'
import { guardOf, guardShare } from './deadline.ts'
import { longestHoldWait } from './hold.ts'
import { type BackoffOption, backoffDelay, isBackoff } from './retry-delay.ts'
import { timeForWatchers } from './watchers.ts'

/** What {@link outageSurvival} takes: the numbers of the queue and the function. */
export interface OutageOptions {
  /** After so many receives the queue moves a message to its dead-letter queue. 1 to 1,000. */
  readonly maxReceiveCount: number
  /** The function's time-out, in seconds. 1 to 5,400. */
  readonly timeout: number
  /** Of the event source mapping: it makes the guard of `batch` longer. 1 to 10,000. Default 10. */
  readonly batchSize?: number
  /** As at `batch`, in milliseconds. Default 1,000, or one for each record of the batch when that is more. */
  readonly guard?: number
  /** As at `batch`, in seconds. Default `{ base: 30, cap: 90 }`. */
  readonly backoff?: BackoffOption
  /**
   * Whether the function may change when a message is visible again (`sqs:ChangeMessageVisibility`). `false` tells what
   * is left without the permission, and where invocations end before they settle anything: the queue's own visibility
   * time-out. Default true.
   */
  readonly changesVisibility?: boolean
  /**
   * The queue's visibility time-out, in seconds, 1 to 43,200: applies where `backoff` or `changesVisibility` is `false`.
   * Default 6 times the time-out.
   */
  readonly visibilityTimeout?: number
  /** Seconds for which the queue keeps a message, 60 to 1,209,600. Default 345,600: 4 days, as on SQS. */
  readonly retention?: number
}

/**
 * How long an outage may last, in seconds, counted from the first delivery of a message that meets it. Each number is at
 * most the retention: then the queue deletes the message.
 */
export interface OutageSurvival {
  /**
   * An outage that is shorter sends no message to the dead-letter queue, whatever the records fail with: an error that
   * nobody knows, no answer, or what is unavailable.
   */
  readonly least: number
  /** The same where invocations wait for as long as they can: `hold` is on, and each record is unavailable. */
  readonly held: number
  /** How long it can last at best: what jitter adds. An outage that is longer sends there all that it met first. */
  readonly most: number
}

const rules: OptionRules<OutageOptions> = {
  maxReceiveCount: required(integer(1, 1000)),
  timeout: required(integer(1, 5400)),
  batchSize: integer(1, 10_000),
  guard: integer(0, 900_000),
  backoff: isBackoff,
  changesVisibility: { expected: 'true or false', test: (value) => typeof value === 'boolean' },
  visibilityTimeout: integer(1, 43_200),
  retention: integer(60, 1_209_600),
}

/** Amazon SQS Developer Guide, "Amazon SQS quotas": how long a message is kept unless the queue says otherwise. Seconds. */
const defaultRetention = 345_600

/**
 * How long a database may be down before a message is moved to the dead-letter queue for it.
 *
 * A message is received `maxReceiveCount` times, and between two receives it is invisible for at least half of the
 * back-off: `least` is the sum of these. While it is held the time of the invocations is added, without the guard and
 * the last wait before it, which may be too short for a try: that is `held`. Waiting for a batch to fill, or for the
 * function's turn, only adds to it.
 *
 * It counts from a delivery that meets the outage: receives that were used up before it are gone.
 *
 * @example
 * ```ts
 * import { outageSurvival } from '@spillway/batch'
 *
 * const { least } = outageSurvival({ maxReceiveCount: 100, timeout: 30 }) // 4,410 s
 * ```
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range.
 */
export function outageSurvival(options: OutageOptions): OutageSurvival {
  checkOptions('outageSurvival', options, rules)
  const { maxReceiveCount, timeout, visibilityTimeout = 6 * timeout, retention = defaultRetention } = options
  const { backoff = deliveryBackoff, changesVisibility = true } = options

  /** @param invocation how long each invocation lasts */
  function total(invocation: number, random: number): number {
    let seconds = invocation
    for (let receive = 1; receive < maxReceiveCount; receive++) {
      // The queue's own time-out counts from the receive, a changed one from the change.
      seconds +=
        backoff === false || !changesVisibility
          ? visibilityTimeout
          : invocation + backoffDelay(backoff, receive, random)
    }
    return Math.min(retention, seconds)
  }
  return { least: total(0, 0), held: total(leastHeld(options), 0), most: total(timeout, 1) }
}

/** Seconds for which an invocation holds at least. */
function leastHeld({ timeout, batchSize = 10, guard = guardOf(batchSize) }: OutageOptions): number {
  const writing = timeout * 1000 - Math.min(guard, timeout * 1000 * guardShare)
  // The breaker may watch, and the last wait may have been too long for another try.
  return Math.max(0, writing - timeForWatchers(1, writing) - longestHoldWait) / 1000
}
