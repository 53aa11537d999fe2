import { ignoreErrors } from './ignore-errors.ts'
import { consoleLogger } from './logger.ts'

/** What is counted, each with its unit in UCUM (the Unified Code for Units of Measure). */
export const counters = {
  /** Messages that were confirmed by their target. Attributes: `message`. */
  'spillway.ingest.accepted': '{message}',
  /** Requests, and items of bulk requests, that got another answer than 202. Attributes: `code`, `status`. */
  'spillway.ingest.rejected': '{message}',
  /** Bytes of the envelopes that were confirmed. Attributes: `message`. */
  'spillway.ingest.bytes': 'By',
  /** Requests to a queue or stream, repeated ones included. Attributes: `target`. */
  'spillway.send.requests': '{request}',
  /** Messages that were sent again, because they were not confirmed the first time. Attributes: `target`. */
  'spillway.send.retried': '{message}',
  /**
   * Records that are done. Attributes: `message`, which is `(no route)` for records for which a handler of several
   * messages has no route.
   */
  'spillway.batch.done': '{record}',
  /** Records that are delivered again. Attributes: `message`, `code`. */
  'spillway.batch.retried': '{record}',
  /** Records whose copy is in the dead-letter queue. Attributes: `message`, `code`. */
  'spillway.batch.parked': '{record}',
} as const

/** What is timed, in milliseconds. */
export const durations = {
  /** From the turn of `enqueue`, before the handler, to the answer. Attributes: `message`. */
  'spillway.ingest.duration': 'ms',
  /** One request to a queue or stream. Attributes: `target`. */
  'spillway.send.duration': 'ms',
  /** A batch, from its delivery to its answer: once for each message that came in it. Attributes: `message`. */
  'spillway.batch.duration': 'ms',
  /** What a batch waited for something that was down or saturated; only where it did. Attributes: `message`. */
  'spillway.batch.held': 'ms',
} as const

/** The name of a counter. */
export type CounterName = keyof typeof counters

/** The name of a duration. */
export type DurationName = keyof typeof durations

/** What a measurement is told apart by. Few different values: never an id. */
export type TelemetryAttributes = Readonly<Record<string, string | number>>

/**
 * Where numbers go. `@spillway/telemetry` has adaptors for OpenTelemetry and for CloudWatch's embedded metric format.
 *
 * What it throws is logged on the console, once: a number must not cost a message.
 */
export interface Telemetry {
  /** Adds to a counter. */
  count(name: CounterName, value: number, attributes?: TelemetryAttributes): void
  /** Records a duration, in milliseconds. */
  duration(name: DurationName, milliseconds: number, attributes?: TelemetryAttributes): void
  /** The trace context of what runs now (W3C `traceparent`); a message carries it on. */
  traceparent?(): string | undefined
}

const silent: Telemetry = Object.freeze({ count: () => undefined, duration: () => undefined })

/** A telemetry that never throws; one that does nothing in place of none. */
export function quietTelemetry(telemetry: Telemetry | undefined): Telemetry {
  if (telemetry === undefined) return silent
  let hasThrown = false
  /** Once: what is broken throws for each number. */
  const complain = (error: unknown) => {
    if (!hasThrown) consoleLogger.error('spillway: a telemetry threw, and its numbers may be lost', { error })
    hasThrown = true
  }
  return {
    count: (...args) => ignoreErrors(() => telemetry.count(...args), complain),
    duration: (...args) => ignoreErrors(() => telemetry.duration(...args), complain),
    traceparent: () => ignoreErrors(() => telemetry.traceparent?.(), complain),
  }
}
