import { consoleLogger, type Logger, type TimeLimit } from '@spillway/message'
import {
  type Clock,
  checkOptions,
  integer,
  isClock,
  isFunction,
  isRandom,
  type OptionRules,
  objectWith,
  quietLogger,
  required,
  systemClock,
} from '@spillway/message/internal'
import { type AlarmHandler, createAlarm } from './alarm.ts'
import { createOpener } from './opener.ts'
import { createProbe, type ProbeHandler } from './probe.ts'
import type { EventSourceSwitch } from './switch.ts'
import { createWatch, type Watch } from './watch.ts'

/** What {@link breaker} takes. */
export interface BreakerOptions {
  /** The event source mapping of the function that writes. */
  readonly switch: EventSourceSwitch
  /**
   * Resolves when the database accepts writes. Use `checkWritable`, because `select 1` also succeeds on a read-only
   * database. The probe and the alarm handler call it. It must end soon after the signal of the limit aborts. Only the
   * function that runs the probe needs it.
   */
  readonly check?: (limit: TimeLimit) => Promise<unknown>
  /**
   * After how many batches in a row the mapping is switched off, counted in one execution environment: batches whose
   * records all return because their database is unavailable. 1 to 1,000. Default 3.
   */
  readonly threshold?: number
  /** For how many seconds the mapping stays half open, 0 to 86,400. Default 120. */
  readonly healthyPeriod?: number
  /** Seconds that `check` may take, 1 to 60. Default 5. */
  readonly checkTimeout?: number
  /** Logs each change of the mapping, and each change that failed. Default: JSON lines on the console. */
  readonly logger?: Logger
  /**
   * Default: the system clock.
   *
   * @internal
   */
  readonly clock?: Clock
  /**
   * A number from 0 up to 1. Default: `Math.random`.
   *
   * @internal
   */
  readonly random?: () => number
}

/** A breaker for one event source mapping. */
export interface Breaker {
  /** Wraps the writer, or the `eachRecord(…)`, of the function that the mapping invokes. */
  readonly watch: Watch
  /** The handler of a function that a schedule invokes, for example once a minute. */
  readonly probe: ProbeHandler
  /**
   * The handler of a function that a CloudWatch alarm invokes, for outages in which no invocation runs long enough to
   * be counted. It switches the mapping off, unless `check` resolves.
   */
  readonly open: AlarmHandler
}

const rules: OptionRules<BreakerOptions> = {
  switch: required(objectWith('read', 'change', 'note')),
  check: isFunction,
  threshold: integer(1, 1000),
  healthyPeriod: integer(0, 86_400),
  checkTimeout: integer(1, 60),
  logger: objectWith('info', 'warn', 'error'),
  clock: isClock,
  random: isRandom,
}

/**
 * Switches an event source mapping off while its database is down, and on again afterwards, so that you do not pay for
 * invocations that only wait.
 *
 * - **Open**: {@link Breaker.watch} counts batches whose records all return because their database is unavailable. As
 *   in `batch`, that is an outcome with `unavailable: true`, or an error with `SPILLWAY_DATABASE_UNAVAILABLE` in itself
 *   or its causes. After `threshold` such batches in a row the mapping is switched off, while the last of them is held.
 *   Messages in flight return after their visibility time-out.
 * - **Half open**: {@link Breaker.probe} runs `check`. When it resolves, the mapping is switched on with a maximum
 *   concurrency of 2. When it rejects while half open, or batches return again, the mapping is switched off again.
 * - **Closed**: after `healthyPeriod` the mapping gets its own maximum concurrency back.
 *
 * The breaker keeps its state in notes with the mapping, which all environments share and which outlive them. Many
 * environments may open at once. A mapping that someone else switched off is never switched on.
 *
 * The writer still holds during an invocation, so a failover of a minute does not open the breaker.
 *
 * @example
 * ```ts
 * import { breaker, type EventSourceSwitch } from '@spillway/breaker'
 * import type { Writer } from '@spillway/message'
 *
 * declare const mapping: EventSourceSwitch
 * declare const writer: Writer<{ id: string }>
 * declare const db: { ping(): Promise<void> }
 *
 * const { watch, probe } = breaker({ switch: mapping, check: () => db.ping() })
 *
 * export const watched = watch(writer)
 * export const handler = probe
 * ```
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range.
 */
export function breaker(options: BreakerOptions): Breaker {
  checkOptions('breaker', options, rules)
  const { switch: mapping, check, clock = systemClock, random = Math.random } = options
  const { threshold = 3, healthyPeriod = 120, checkTimeout = 5 } = options
  const logger = quietLogger(options.logger ?? consoleLogger)
  const open = createOpener({ mapping, logger, clock, random })
  return Object.freeze({
    watch: createWatch({ threshold, open, clock, logger }),
    open: createAlarm({ mapping, check, checkTimeout: checkTimeout * 1000, open, logger, clock }),
    probe: createProbe({
      mapping,
      check,
      healthyPeriod: healthyPeriod * 1000,
      checkTimeout: checkTimeout * 1000,
      logger,
      clock,
      random,
    }),
  })
}
