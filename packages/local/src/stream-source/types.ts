import type { Clock } from '@spillway/message/internal'
import type { Invocable } from '../event-source/types.ts'
import type { ShardReader } from '../streams/index.ts'
import type { FailureDestination } from './destination.ts'

/** An event source mapping of Lambda on a stream. The defaults are Lambda's own. */
export interface StreamSourceSpec {
  /** The shards of the stream: `engine.readers(name)`. */
  readonly readers: readonly ShardReader[]
  readonly streamArn: string
  readonly region: string
  /** Records for one invocation, 1 to 10,000. Default 100. */
  readonly batchSize?: number
  /** Seconds, 0 to 300, from the first record of a batch. Default 0. */
  readonly batchingWindow?: number
  /** How many batches of one shard run at once, 1 to 10. Records of one partition key stay in order. Default 1. */
  readonly parallelizationFactor?: number
  /** Whether a failed batch is split into two parts, which are retried separately. Default `false`. */
  readonly bisectBatchOnFunctionError?: boolean
  /** How often a failed batch is retried, 0 to 10,000; -1 means no limit. Default -1. */
  readonly maximumRetryAttempts?: number
  /**
   * The age in seconds, 60 to 604,800, at which a record is discarded; -1 means when the stream deletes it. Default -1.
   */
  readonly maximumRecordAgeInSeconds?: number
}

/** A problem to show to the developer. The mapping continues. */
export interface StreamSourceProblem {
  readonly code: 'response-malformed' | 'partial-failures' | 'batch-discarded' | 'destination-failed'
  readonly message: string
}

/** What {@link startStreamSource} takes in addition to the mapping. */
export interface StreamSourceOptions {
  readonly function: Invocable
  /** The destination of discarded batches. Default: none, and they are lost. */
  readonly onFailure?: FailureDestination
  /** Default: the system clock. */
  readonly clock?: Clock
  readonly onProblem?: (problem: StreamSourceProblem) => void
}

/** Metrics of a stream source. */
export interface StreamSourceState {
  /**
   * The age in milliseconds of the oldest record that is not done; 0 when all are done. It is the most important
   * metric.
   */
  readonly iteratorAge: number
  /** Records that are not done. */
  readonly backlog: number
  /** Batches whose invocation is in progress. */
  readonly invoking: number
  /** Invocations; a throttled one counts once. */
  readonly batches: number
  /** Records that succeeded. */
  readonly succeeded: number
  /** Failed deliveries of records, which are retried or discarded. */
  readonly failed: number
  /** Discarded records. */
  readonly discarded: number
}

/** A running event source mapping on a stream. */
export interface StreamSource {
  state(): StreamSourceState
  /** Stops reading and waits at most 2 s for invocations in progress. Safe to call again. */
  stop(): Promise<void>
}
