import type { Functions } from '../functions/functions.ts'
import type { VirtualClock } from '../time/virtual-clock.ts'

/** The parameters of a stream and its event source mapping. Times are in seconds. */
export interface ShardOptions {
  readonly shards: number
  readonly batchSize: number
  /** Default 0. */
  readonly batchingWindow?: number
  /** Default 1. */
  readonly parallelizationFactor?: number
  readonly bisectBatchOnFunctionError: boolean
  /** -1 means no limit. */
  readonly maximumRetryAttempts: number
  readonly maximumRecordAgeInSeconds: number
  /** Default: one day, as in Kinesis. */
  readonly retention?: number
}

/** A record in a stream. */
export interface StreamRecord {
  readonly number: number
  readonly sentAt: number
  readonly group: string
  deliveries: number
}

/** The environment of the reader of a shard. */
export interface ShardWorld {
  readonly clock: VirtualClock
  readonly functions: Functions
  toEvent(records: readonly StreamRecord[]): unknown
  /** The sequence number of a record in responses. */
  idOf(record: StreamRecord): string
  done(records: readonly StreamRecord[]): void
  /** Called with records that are sent to the failure destination. */
  failed(records: readonly StreamRecord[]): void
  expired(records: readonly StreamRecord[]): void
}
