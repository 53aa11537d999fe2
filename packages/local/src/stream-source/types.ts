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
  /** Batches of one shard at once, 1 to 10. Records of one partition key stay in order. Default 1. */
  readonly parallelizationFactor?: number
  /** Whether a batch that fails is tried again in two halves. Default `false`. */
  readonly bisectBatchOnFunctionError?: boolean
  /** How often a batch that failed is tried again, 0 to 10,000; -1 is without end. Default -1. */
  readonly maximumRetryAttempts?: number
  /** Seconds, 60 to 604,800, after which a record is not tried any more; -1 is as long as the stream keeps it. Default -1. */
  readonly maximumRecordAgeInSeconds?: number
}

/** Something that the developer should see; the mapping goes on. */
export interface StreamSourceProblem {
  readonly code: 'response-malformed' | 'partial-failures' | 'batch-discarded' | 'destination-failed'
  readonly message: string
}

/** What {@link startStreamSource} takes beside the mapping. */
export interface StreamSourceOptions {
  readonly function: Invocable
  /** Where batches go that are given up. Default: nowhere, they are lost. */
  readonly onFailure?: FailureDestination
  /** Default: the clock of the machine. */
  readonly clock?: Clock
  readonly onProblem?: (problem: StreamSourceProblem) => void
}

/** Figures of a stream source. */
export interface StreamSourceState {
  /** Milliseconds since the oldest record arrived that is not done; 0 when all are. The figure to watch. */
  readonly iteratorAge: number
  /** Records that are not done. */
  readonly backlog: number
  /** Batches that are with the function now. */
  readonly invoking: number
  /** Invocations, a throttled one once. */
  readonly batches: number
  /** Records that the function finished. */
  readonly succeeded: number
  /** Deliveries of records that have to be repeated, or were given up. */
  readonly failed: number
  /** Records that were given up. With a destination, they are there. */
  readonly discarded: number
}

/** A running event source mapping on a stream. */
export interface StreamSource {
  state(): StreamSourceState
  /** Reads no more and waits at most 2 s for invocations that run. Safe to call again. */
  stop(): Promise<void>
}
