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

/** Options of {@link outageSurvival}: the numbers of the queue and the function. */
export interface OutageOptions {
  /** The receives after which the queue moves a message to its dead-letter queue. 1 to 1,000. */
  readonly maxReceiveCount: number
  /** The time-out of the function, in seconds. 1 to 5,400. */
  readonly timeout: number
  /** The batch size of the event source mapping, on which the guard of `batch` depends. 1 to 10,000. Default 10. */
  readonly batchSize?: number
  /** As in `batch`, in milliseconds. Default 1,000, or 1 for each record of the batch if that is more. */
  readonly guard?: number
  /** As in `batch`, in seconds. Default `{ base: 30, cap: 90 }`. */
  readonly backoff?: BackoffOption
  /**
   * Whether the function may change the visibility of messages (`sqs:ChangeMessageVisibility`). With `false` the visibility
   * time-out of the queue applies, as without the permission or when invocations end before they settle. Default true.
   */
  readonly changesVisibility?: boolean
  /**
   * The visibility time-out of the queue, in seconds, 1 to 43,200. Applies if `backoff` or `changesVisibility` is `false`.
   * Default 6 times `timeout`.
   */
  readonly visibilityTimeout?: number
  /** How long the queue keeps a message, in seconds, 60 to 1,209,600. Default 345,600: 4 days, as in SQS. */
  readonly retention?: number
}

/**
 * How long an outage may last, in seconds, from the first delivery of a message during it. Each number is at most the
 * retention: after it the queue deletes the message.
 */
export interface OutageSurvival {
  /**
   * A shorter outage sends no message to the dead-letter queue, whatever the failure of the records is: an unknown error,
   * a time-out, or an unavailable dependency.
   */
  readonly least: number
  /** The same if invocations hold as long as they can: `hold` is on, and each record is unavailable. */
  readonly held: number
  /** The best case of jitter. A longer outage sends the messages that were delivered first to the dead-letter queue. */
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

/** Amazon SQS Developer Guide, "Amazon SQS quotas": the default retention. Seconds. */
const defaultRetention = 345_600

/**
 * Computes how long a database may be down before the queue moves a message to the dead-letter queue.
 *
 * A message is received `maxReceiveCount` times. Between two receives it is invisible for at least half of the back-off:
 * `least` is the sum. `held` adds the time of the invocations, without the guard and the last wait before it. The batching
 * window and throttles make an outage use up receives more slowly still.
 *
 * It counts from the first delivery during the outage, with no receive used up before.
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
      // The time-out of the queue starts at the receive, a changed one at the change.
      seconds +=
        backoff === false || !changesVisibility
          ? visibilityTimeout
          : invocation + backoffDelay(backoff, receive, random)
    }
    return Math.min(retention, seconds)
  }
  return { least: total(0, 0), held: total(leastHeld(options), 0), most: total(timeout, 1) }
}

/** The shortest hold of an invocation, in seconds. */
function leastHeld({ timeout, batchSize = 10, guard = guardOf(batchSize) }: OutageOptions): number {
  const writing = timeout * 1000 - Math.min(guard, timeout * 1000 * guardShare)
  // A breaker may watch, and the last wait may not leave time for another attempt.
  return Math.max(0, writing - timeForWatchers(1, writing) - longestHoldWait) / 1000
}
