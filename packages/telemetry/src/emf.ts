/**
 * Spillway's numbers as CloudWatch metrics, through the log: no API call, no agent.
 *
 * @module
 */
import { consoleLogger, counters, durations, type Telemetry } from '@spillway/message'
import {
  type Clock,
  checkOptions,
  isFunction,
  type OptionRules,
  objectWith,
  required,
  systemClock,
} from '@spillway/message/internal'
import { toDocuments } from './emf-documents.ts'
import { gatherSeries } from './emf-series.ts'

/** What {@link emfTelemetry} takes. */
export interface EmfTelemetryOptions {
  /** CloudWatch's namespace for the metrics, for example `'orders'`. 1 to 255 characters, not under `AWS/`. */
  readonly namespace: string
  /**
   * The attributes that become dimensions, 30 at most; the numbers of all others are summed. Each combination of
   * their values is a metric of its own on the bill, so never an id. Default: `message`, `target`, `code`, `status`.
   */
  readonly dimensions?: readonly string[]
  /** Writes a line, which has no line end. Default: to standard output, past the `console` that Lambda adorns. */
  readonly write?: (line: string) => void
  readonly clock?: Pick<Clock, 'now'>
}

/** A telemetry that is a middy middleware, too. */
export interface EmfTelemetry extends Telemetry {
  /** Writes what was gathered; nothing when there is nothing. Throws what `write` throws. */
  flush(): void
  /** Flushes; middy calls it when the handler is done. Never throws. */
  after(): void
  /** Flushes; middy calls it when something threw. Never throws, and leaves the answer to others. */
  onError(): void
}

const reserved: readonly string[] = ['_aws', ...Object.keys(counters), ...Object.keys(durations)]

const rules: OptionRules<EmfTelemetryOptions> = {
  namespace: required({
    expected: '1 to 255 letters, digits, spaces and any of ._-/#: that do not begin with `AWS/` or `:`',
    test: (value) => typeof value === 'string' && /^(?!AWS\/|:| *$)[\w./#: -]{1,255}$/.test(value),
  }),
  dimensions: {
    expected: 'at most 30 different names of attributes, each of 1 to 250 printable ASCII characters',
    test: (value) =>
      Array.isArray(value) &&
      value.length <= 30 &&
      new Set(value).size === value.length &&
      value.every((name) => /^(?!:)[\x21-\x7e]{1,250}$/.test(name) && !reserved.includes(name)),
  },
  write: isFunction,
  clock: objectWith('now'),
}

/** Values that are held before they are written without being told to: a flush that never comes must not cost memory. */
const maxHeld = 1000

/**
 * A telemetry that writes CloudWatch's embedded metric format: a line for each invocation with all that was gathered,
 * counters summed and durations one by one.
 *
 * It is a middy middleware as well. Put it first, so that it runs last: `middy().use(emf).use(problemDetails())`.
 * Without middy call `flush()` when an invocation ends. A line holds a metric once: numbers of one metric with
 * different dimensions take a line each, and more than 100 durations of one metric take several.
 *
 * Invocations that run side by side in an environment (Lambda Managed Instances) may share it: each number is written
 * once, by whichever invocation ends first. What comes after the last end, or in an invocation that a `before`
 * answered early, waits for the next one.
 *
 * Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format".
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range.
 */
export function emfTelemetry(options: EmfTelemetryOptions): EmfTelemetry {
  checkOptions('emfTelemetry', options, rules)
  const {
    namespace,
    dimensions = ['message', 'target', 'code', 'status'],
    write = (line) => void process.stdout.write(`${line}\n`),
    clock = systemClock,
  } = options
  const gathered = gatherSeries([...dimensions])

  function flush(): void {
    for (const document of toDocuments(gathered.take(), namespace, Math.floor(clock.now()))) {
      write(JSON.stringify(document))
    }
  }
  function flushWhenFull(): void {
    if (gathered.size() >= maxHeld) flush()
  }
  function flushQuietly(): void {
    try {
      flush()
    } catch (error) {
      // A number must not cost an answer.
      consoleLogger.error('telemetry: numbers of an invocation were not written and are lost', { error })
    }
  }
  return Object.freeze({
    count(name, value, attributes = {}) {
      gathered.count(name, value, attributes)
      flushWhenFull()
    },
    duration(name, milliseconds, attributes = {}) {
      gathered.duration(name, milliseconds, attributes)
      flushWhenFull()
    },
    flush,
    after: flushQuietly,
    onError: flushQuietly,
  } satisfies EmfTelemetry)
}
