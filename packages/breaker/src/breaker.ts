import { consoleLogger, type Logger, type TimeLimit } from '@spillway/message'
import {
  type Clock,
  checkOptions,
  integer,
  isFunction,
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
   * Resolves when the database can write: `select 1` passes on one that is read-only, see `checkWritable`. The probe and
   * the handler of the alarm call it; it has to end soon after the signal of the limit aborts. Only the function that runs
   * the probe needs it.
   */
  readonly check?: (limit: TimeLimit) => Promise<unknown>
  /**
   * How many batches in a row of one execution environment have to come back whole, because what they need is not
   * available, until the mapping is switched off. 1 to 1,000. Default 3.
   */
  readonly threshold?: number
  /** Seconds for which the mapping stays half open, 0 to 86,400. Default 120. */
  readonly healthyPeriod?: number
  /** Seconds that `check` may take, 1 to 60. Default 5. */
  readonly checkTimeout?: number
  /** Hears of each change, and of a mapping that could not be changed. Default: lines of JSON on the console. */
  readonly logger?: Logger
  /** Default: the clock of the machine. */
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
  /** The handler of a function that a schedule invokes, once a minute for example. */
  readonly probe: ProbeHandler
  /**
   * The handler of a function that a CloudWatch alarm invokes, for outages in which every invocation ends before it could
   * count: it switches the mapping off, unless `check` resolves.
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
  clock: objectWith('now', 'sleep'),
  random: isFunction,
}

/**
 * Switches an event source mapping off while its database is down, so that nobody pays for invocations that can only
 * wait, and on again.
 *
 * - **Open**: {@link Breaker.watch} counts batches of which every record came back because what it needs is not available,
 *   as `batch` sees it: by `unavailable: true`, or an error that has `SPILLWAY_DATABASE_UNAVAILABLE` or lies above one.
 *   After `threshold` in a row the mapping is switched off, while the last of them is held. What is in flight comes back after its visibility time-out.
 * - **Half open**: {@link Breaker.probe} runs `check`. When it resolves, the mapping is switched on with a maximum
 *   concurrency of 2. When it rejects while half open, or batches come back again, the mapping is switched off again.
 * - **Closed**: after `healthyPeriod` the mapping gets its own maximum concurrency back.
 *
 * What it remembers is kept in notes beside the mapping, so that it outlives environments and is the same for all. Many
 * may open at once. A mapping that somebody else switched off is never switched on.
 *
 * The writer still holds while an invocation lasts: a failover of a minute costs no opening.
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
