import type { Clock } from '@spillway/message/internal'
import type { InvocationResult } from '../functions/index.ts'

/** An event source mapping of Lambda on a queue. */
export interface EventSourceSpec {
  readonly queueUrl: string
  readonly queueArn: string
  readonly region: string
  /** The endpoint of the queue's SQS. */
  readonly endpoint: string
  /** Records for one invocation, 1 to 10,000; at most 10 without a window and on a FIFO queue. */
  readonly batchSize: number
  /** Seconds, 0 to 300, from the first record of a batch; 0 on a FIFO queue. */
  readonly batchingWindow: number
  /** How many invocations run at once, 2 to 1,000. `undefined` is Lambda's own limit of 1,250. */
  readonly maximumConcurrency: number | undefined
  /** The visibility time-out of the queue in seconds. */
  readonly visibilityTimeout: number
}

/** The function that an event source invokes. */
export interface Invocable {
  readonly name: string
  invoke(event: unknown): Promise<InvocationResult>
}

/** A problem to show to the developer. The event source continues. */
export interface EventSourceProblem {
  readonly code:
    | 'response-malformed'
    | 'partial-failures'
    | 'batch-dropped'
    | 'delete-failed'
    | 'queue-unreachable'
  readonly message: string
}

/** What {@link startEventSource} takes in addition to the mapping. */
export interface EventSourceOptions {
  readonly function: Invocable
  /** Default: the system clock. */
  readonly clock?: Clock
  readonly onProblem?: (problem: EventSourceProblem) => void
}

/** Metrics of an event source. */
export interface EventSourceState {
  /** How many batches it may currently handle at once. */
  readonly pollers: number
  /** Batches whose invocation is in progress. */
  readonly invoking: number
  /** Batches with which the function was invoked; a throttled batch counts once. */
  readonly batches: number
  /** Records that succeeded. */
  readonly succeeded: number
  /** Records that failed and stay in the queue. */
  readonly failed: number
}

/** A running event source mapping. */
export interface EventSource {
  state(): EventSourceState
  /** Stops receiving, waits at most 2 s for invocations in progress, and closes its connections. Safe to call again. */
  stop(): Promise<void>
}
