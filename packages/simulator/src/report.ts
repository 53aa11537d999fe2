import type { ControlPlaneUsage } from './control-plane/control-plane.ts'
import type { DatabaseUsage } from './database/server.ts'
import type { FunctionUsage } from './functions/functions.ts'

/** Percentiles of times in seconds. */
export interface Percentiles {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** The result of a simulation. Times are in seconds. */
export interface Report {
  readonly accepted: number
  /** The number of rows in the databases, one per key. */
  readonly written: number
  /** The number of parked messages by the code of their reason. */
  readonly parked: Readonly<Record<string, number>>
  /**
   * The number of messages that were delivered too often and moved to the dead-letter queue of the queue or the failure
   * destination of the stream.
   */
  readonly inDlq: number
  /** When the first of them was moved, counted from the start of the first outage. */
  readonly firstInDlq: number | undefined
  /** The number of messages that were deleted because they exceeded the retention. */
  readonly expired: number
  /** The number of messages that were neither done nor dead-lettered at the end. */
  readonly left: number
  /**
   * From the end of the last outage until a message was done, for messages that were sent before that end and done
   * after it.
   */
  readonly lag: Percentiles
  /** From sending to done, for messages that were sent in the five minutes after the last outage. */
  readonly lagAfter: Percentiles
  readonly receives: { readonly total: number; readonly mean: number; readonly most: number }
  readonly functions: FunctionUsage
  readonly databases: Readonly<Record<string, DatabaseUsage>>
}

/** The result of a simulation of a queue. */
export interface QueueReport extends Report {
  readonly controlPlane: ControlPlaneUsage
  /** The maximum concurrency and the state of the event source mapping at the end. */
  readonly mapping: { readonly maximumConcurrency: number | undefined; readonly state: string }
}

/** The percentiles of some times in seconds. */
export function percentiles(times: readonly number[]): Percentiles {
  const sorted = times.toSorted((one, other) => one - other)
  const at = (share: number) =>
    round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) }
}

/** Rounds to a tenth. */
export function round(number: number): number {
  return Math.round(number * 10) / 10
}
