import type { EachRecord, Logger, Telemetry, Writer } from '@spillway/message'
import {
  type Clock,
  integer,
  isClock,
  isFunction,
  isRandom,
  type OptionRule,
  type OptionRules,
  objectWith,
} from '@spillway/message/internal'
import type { ErrorPolicy } from './policy.ts'
import { type BackoffOption, isBackoff } from './retry-delay.ts'
import { handlerExpected, isHandler } from './route.ts'

/** Options of `batch`. */
export interface BatchOptions<Body = unknown> {
  /**
   * Milliseconds at the end of the invocation that are kept for settling. When only they are left, no record is begun,
   * the signal of the handler aborts, and records that are not done are returned. Records in flight have the first 40 % of
   * the guard to finish. Default 1,000, or 1 for each record if that is more; at most a quarter of the invocation's time.
   */
  readonly guard?: number
  /**
   * Returns the outcome of a record whose handler threw. When a writer throws, it is called for each record. A thrown
   * value is made an `Error` first. If it throws, or returns no outcome, the record is retried. It is not called for what a
   * handler throws because its signal aborted: the record is retried. `isUnavailable` of `@spillway/message` says whether
   * an error means that a dependency is down. Default: `retry`.
   */
  readonly onError?: ErrorPolicy<Body>
  /**
   * The delay until the next delivery of a record that is to be retried, whatever the failure: `base × 2^(receives - 1)`
   * seconds, at most `cap`, minus a random part of up to a half. Default `{ base: 30, cap: 90 }`. `false` leaves the
   * visibility time-out of the queue. Has no effect on a stream.
   *
   * After an outage a record waits for at most `cap`; each delivery during an outage uses up a receive. `outageSurvival`
   * computes how long an outage may last. An `after` of the handler replaces the delay: see `RetryOutcome`.
   */
  readonly backoff?: BackoffOption
  /**
   * Whether the invocation waits and tries again while a dependency of its records is down or saturated. A retry says so
   * with `unavailable: true`, or with a cause that has the code `SPILLWAY_DATABASE_UNAVAILABLE`. The invocation does not
   * wait for a retry with an `after`. It waits for at most a second if other records are done meanwhile: then only a part
   * is down, and the rest of the queue must go on. Default true: waiting costs time, failing costs each message a receive.
   */
  readonly hold?: boolean
  /**
   * Whether a failed record stops all records after it, of other lanes as well. Default false: it stops its own lane.
   *
   * On a stream a failed record brings back all records after it, so records of other lanes that go on run twice. By
   * default they do go on: they are written earlier, and the second run changes nothing under the same key. Set it to true
   * for effects without a key, a call of a third-party API for example.
   */
  readonly stopAtFirstFailure?: boolean
  /**
   * Whether the event source mapping has `ReportBatchItemFailures`. Default true. Without that flag Lambda deletes every
   * record that a handler reports as failed. With `false` the handler rejects with `SPILLWAY_BATCH_FAILED` when a record
   * is to be retried: all records are delivered again, and what is done stays done under its key. Records that are to be
   * parked are delivered again as well; they are parked by the first batch in which no record is to be retried. Do not
   * combine it with a middleware that turns errors into answers.
   */
  readonly partialFailures?: boolean
  /**
   * Gets, for each batch with failures, a warning with its numbers, and a line for each code: how many records have it,
   * and of the first one the error with its stack and its causes, the id of the record and the key of its message. Never a
   * payload. Default: lines of JSON on the console.
   */
  readonly logger?: Logger
  /** Gets the metrics `spillway.batch.*` of each batch. Default: none. */
  readonly telemetry?: Telemetry
  /**
   * Default: the clock of the machine.
   *
   * @internal
   */
  readonly clock?: Clock
  /**
   * A number in `[0, 1)`, for jitter. Default `Math.random`.
   *
   * @internal
   */
  readonly random?: () => number
}

/** Options of `batch` with a list of routes. No `stopAtFirstFailure`: records of several messages are begun at once. */
export interface RoutesOptions extends Omit<BatchOptions, 'stopAtFirstFailure'> {
  /**
   * Gets the messages for which there is no route. Their bodies are not validated. The name of a message is empty if its
   * text has none. Default: they are parked with `SPILLWAY_MESSAGE_UNKNOWN`.
   */
  readonly otherwise?: Writer<unknown> | EachRecord<unknown>
}

const isBoolean: OptionRule = { expected: 'true or false', test: (value) => typeof value === 'boolean' }

/** The rules of {@link BatchOptions}. */
export const batchRules: OptionRules<BatchOptions> = {
  guard: integer(0, 900_000),
  onError: isFunction,
  backoff: isBackoff,
  hold: isBoolean,
  stopAtFirstFailure: isBoolean,
  partialFailures: isBoolean,
  logger: objectWith('info', 'warn', 'error'),
  telemetry: objectWith('count', 'duration'),
  clock: isClock,
  random: isRandom,
}

const { stopAtFirstFailure: _notForRoutes, ...others } = batchRules

/** The rules of {@link RoutesOptions}. */
export const routesRules: OptionRules<RoutesOptions> = {
  ...others,
  otherwise: { expected: handlerExpected, test: isHandler },
}
