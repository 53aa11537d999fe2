/**
 * Writes Spillway's metrics to CloudWatch through the log: no API call, no agent.
 *
 * @module
 */
import { consoleLogger, counters, durations, type Telemetry } from '@spillway/message'
import {
  type Clock,
  checkOptions,
  internal,
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
   * The attributes that become dimensions, at most 30; metrics that differ in other attributes are summed. CloudWatch
   * bills each combination of values as a metric, so never use an id. Default: `message`, `target`, `code`, `status`.
   */
  readonly dimensions?: readonly string[]
  /**
   * Writes a line, given without its newline. Default: to standard output, not to the `console`, whose lines Lambda
   * prefixes.
   */
  readonly write?: (line: string) => void
  /**
   * The clock of the timestamps. Default: the system clock.
   *
   * @internal
   */
  readonly clock?: Pick<Clock, 'now'>
}

/** A telemetry that is also a middy middleware. */
export interface EmfTelemetry extends Telemetry {
  /** Writes the gathered values, if any. Throws what `write` throws. */
  flush(): void
  /** Flushes; middy calls it when the handler is done. Never throws. */
  after(): void
  /** Flushes; middy calls it when something threw. Never throws and returns no response. */
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
  clock: internal(objectWith('now')),
}

/** It writes automatically at this many values, so that memory is limited even if `flush` is not called. */
const maxHeld = 1000

/**
 * A telemetry that writes CloudWatch's embedded metric format: per invocation one line with its summed counters and its
 * single durations.
 *
 * It is also a middy middleware. Put it first, so that it runs last: `middy().use(emf).use(problemDetails())`. Without
 * middy, call `flush()` when an invocation ends. A line contains a metric once: each further set of dimensions of a
 * metric needs a further line, and so do more than 100 durations.
 *
 * Concurrent invocations in one environment (Lambda Managed Instances) may share it: the invocation that ends first
 * writes everything, once. Metrics that are counted after the end of the last invocation, or in an invocation to which
 * a `before` responded early, are written with the next one.
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
  function flushIgnoringErrors(): void {
    try {
      flush()
    } catch (error) {
      // A metric that cannot be written must not fail the invocation.
      consoleLogger.error('telemetry: the metrics of an invocation could not be written and are lost', {
        error,
      })
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
    after: flushIgnoringErrors,
    onError: flushIgnoringErrors,
  } satisfies EmfTelemetry)
}
