import { ignoreErrors } from './ignore-errors.ts'
import { consoleLogger } from './logger.ts'

/** The counters, each with its unit in UCUM (the Unified Code for Units of Measure). */
export const counters = {
  /** Messages that their target confirmed. Attributes: `message`. */
  'spillway.ingest.accepted': '{message}',
  /** Requests, and items of bulk requests, that were not answered with 202. Attributes: `code`, `status`. */
  'spillway.ingest.rejected': '{message}',
  /** Bytes of the confirmed envelopes. Attributes: `message`. */
  'spillway.ingest.bytes': 'By',
  /** Requests to a queue or stream, including retries. Attributes: `target`. */
  'spillway.send.requests': '{request}',
  /** Messages that were sent again because they were not confirmed. Attributes: `target`. */
  'spillway.send.retried': '{message}',
  /**
   * Records that are done. Attributes: `message`, which is `(no route)` for records for which a handler of several
   * messages has no route.
   */
  'spillway.batch.done': '{record}',
  /** Records that are delivered again. Attributes: `message`, `code`. */
  'spillway.batch.retried': '{record}',
  /** Records that were parked: their copy is in the dead-letter queue. Attributes: `message`, `code`. */
  'spillway.batch.parked': '{record}',
} as const

/** The durations, in milliseconds. */
export const durations = {
  /** From the `before` of `enqueue` to the answer. Attributes: `message`. */
  'spillway.ingest.duration': 'ms',
  /** One request to a queue or stream. Attributes: `target`. */
  'spillway.send.duration': 'ms',
  /** A batch, from its delivery to its answer, once per message definition in it. Attributes: `message`. */
  'spillway.batch.duration': 'ms',
  /** How long a batch waited for something that was down or saturated; only if it waited. Attributes: `message`. */
  'spillway.batch.held': 'ms',
} as const

/** The name of a counter. */
export type CounterName = keyof typeof counters

/** The name of a duration. */
export type DurationName = keyof typeof durations

/** The attributes of a measurement. They have few different values: never an id. */
export type TelemetryAttributes = Readonly<Record<string, string | number>>

/**
 * The port for metrics. `@spillway/telemetry` has adaptors for OpenTelemetry and for the embedded metric format of
 * CloudWatch.
 *
 * Its first error is logged on the console; processing continues.
 */
export interface Telemetry {
  /** Adds to a counter. */
  count(name: CounterName, value: number, attributes?: TelemetryAttributes): void
  /** Records a duration, in milliseconds. */
  duration(name: DurationName, milliseconds: number, attributes?: TelemetryAttributes): void
  /** The current trace context (W3C `traceparent`), which a message propagates. */
  traceparent?(): string | undefined
}

const silent: Telemetry = Object.freeze({ count: () => undefined, duration: () => undefined })

/** A telemetry that never throws. Without one, it does nothing. */
export function quietTelemetry(telemetry: Telemetry | undefined): Telemetry {
  if (telemetry === undefined) return silent
  let hasThrown = false
  /** Logs only the first error: a broken telemetry may throw for each metric. */
  const complain = (error: unknown) => {
    if (!hasThrown) consoleLogger.error('spillway: a telemetry threw, and its metrics may be lost', { error })
    hasThrown = true
  }
  return {
    count: (...args) => ignoreErrors(() => telemetry.count(...args), complain),
    duration: (...args) => ignoreErrors(() => telemetry.duration(...args), complain),
    traceparent: () => ignoreErrors(() => telemetry.traceparent?.(), complain),
  }
}
