import type { EachRecord, Logger, Telemetry, Writer } from '@spillway/message'
import {
  type Clock,
  integer,
  isFunction,
  type OptionRule,
  type OptionRules,
  objectWith,
} from '@spillway/message/internal'
import type { ErrorPolicy } from './policy.ts'
import { type BackoffOption, isBackoff } from './retry-delay.ts'
import { handlerExpected, isHandler } from './route.ts'
import type { BatchSummary } from './summary.ts'

/** What `batch` takes beside the message and the writer. */
export interface BatchOptions<Body = unknown> {
  /**
   * Milliseconds of the invocation that are kept for settling: when only they are left no record is begun, the writer is
   * told to stop, and what is not done is returned. What was begun has the first four tenths of them to finish. Default
   * 1,000, or one for each record when that is more; never more than a quarter of the time that the invocation has.
   */
  readonly guard?: number
  /**
   * What becomes of a record whose handler threw; for a whole batch that threw it is asked for each record. What was
   * thrown is made an `Error` first. A policy that throws itself, or answers no outcome, counts as `retry`. What a
   * handler throws because its signal aborted is a `retry` without asking. `isUnavailable` of `@spillway/message` says
   * whether what the handler called is down. Default: `retry`.
   */
  readonly onError?: ErrorPolicy<Body>
  /**
   * The time to the next delivery of each record that is to be retried, whatever it failed for: `base × 2^(receives - 1)`
   * seconds, at most `cap`, of which a random part of up to a half is taken off. Default `{ base: 30, cap: 90 }`. `false`
   * leaves the queue's own visibility time-out. Without effect on a stream.
   *
   * After an outage a record sleeps on for at most `cap`; each delivery during it uses up a receive. `outageSurvival`
   * computes how long an outage may last. Only a handler's own `after` takes its place: see `RetryOutcome`.
   */
  readonly backoff?: BackoffOption
  /**
   * Whether a record is waited for inside the invocation while what it needs is down or saturated. A retry says so with
   * `unavailable: true`, or with a cause that has the code `SPILLWAY_DATABASE_UNAVAILABLE`; one with an `after` is not
   * waited for, nor is more than a second where others are done meanwhile: then only a part is down, and the queue goes on.
   * Default true: an invocation that waits costs its time, one that fails costs each message a receive.
   */
  readonly hold?: boolean
  /**
   * Whether no record is begun that comes after one that is not done, whatever its lane. Default false: a failure costs
   * its own lane only.
   *
   * On a stream one failure brings back all records that come after it, so those of other lanes run again when they went
   * on. They do go on by default: their effect is committed now rather than after their neighbour's, and a repetition
   * under the same key changes nothing. Set it where a repetition costs more than the wait: for effects that have no
   * key, a call of somebody else's API for example.
   */
  readonly stopAtFirstFailure?: boolean
  /**
   * Whether the event source mapping has `ReportBatchItemFailures`. Default true. Without that flag Lambda deletes every
   * record that a handler reports as failed. With `false` the handler rejects with `SPILLWAY_BATCH_FAILED` when a record
   * is to be retried: all records come again, and what is done stays done under its key. What is to be parked comes with
   * them: its copy is sent by the batch of which nothing else is to be retried. Put no middleware around it then that
   * turns errors into answers.
   */
  readonly partialFailures?: boolean
  /**
   * Called with the numbers of each batch; with several messages, once for each message that came in it. Default: a
   * warning to `logger` when something was not done. The lines about what failed go to `logger` all the same.
   */
  readonly log?: (summary: BatchSummary) => void
  /**
   * Gets a line for each code with which records of a batch were retried or parked: how many, and of the first of them
   * the error with its stack and its causes, the id of the record and the key of its message. Never a payload. Default:
   * lines of JSON on the console.
   */
  readonly logger?: Logger
  /** Gets the counters `spillway.batch.*` and the durations. Default: none. */
  readonly telemetry?: Telemetry
  /** Default: the clock of the machine. */
  readonly clock?: Clock
  /** A number in `[0, 1)`, for jitter. Default `Math.random`. */
  readonly random?: () => number
}

/**
 * What `batch` takes beside a list of routes. `stopAtFirstFailure` is not among it: records of several messages are begun
 * at the same time.
 */
export interface RoutesOptions extends Omit<BatchOptions, 'stopAtFirstFailure'> {
  /**
   * Gets the records of messages for which there is no route, with their bodies as they came: nothing has validated them.
   * The name of one whose text says none is empty. Default: they are parked with `SPILLWAY_MESSAGE_UNKNOWN`.
   */
  readonly otherwise?: Writer<unknown> | EachRecord<unknown>
}

const isBoolean: OptionRule = { expected: 'true or false', test: (value) => typeof value === 'boolean' }

/** What each option of {@link BatchOptions} has to be. */
export const batchRules: OptionRules<BatchOptions> = {
  guard: integer(0, 900_000),
  onError: isFunction,
  backoff: isBackoff,
  hold: isBoolean,
  stopAtFirstFailure: isBoolean,
  partialFailures: isBoolean,
  log: isFunction,
  logger: objectWith('info', 'warn', 'error'),
  telemetry: objectWith('count', 'duration'),
  clock: objectWith('now', 'sleep'),
  random: isFunction,
}

const { stopAtFirstFailure: _ofOneMessage, ...others } = batchRules

/** What each option of {@link RoutesOptions} has to be. */
export const routesRules: OptionRules<RoutesOptions> = {
  ...others,
  otherwise: { expected: handlerExpected, test: isHandler },
}
