import type { Clock } from '@spillway/message/internal'
import type { InvocationResult } from '../functions/index.ts'

/** What an event source mapping is made of. */
export interface EventSourceSpec {
  readonly queueUrl: string
  readonly queueArn: string
  readonly region: string
  /** Where the queue engine listens. */
  readonly endpoint: string
  /** Records for one invocation, at most. */
  readonly batchSize: number
  /** Seconds to gather a batch, from its first record on. */
  readonly batchingWindow: number
  /** Invocations at once; `undefined` is Lambda's own limit. */
  readonly maximumConcurrency: number | undefined
  /** The queue's, in seconds. */
  readonly visibilityTimeout: number
}

/** Something about a batch that a developer should hear of. */
export interface EventSourceProblem {
  readonly code: 'response' | 'queue' | 'delete'
  readonly message: string
}

/** What {@link startEventSource} takes beside the mapping. */
export interface EventSourceOptions {
  readonly function: { readonly name: string; invoke(event: unknown): Promise<InvocationResult> }
  readonly clock?: Clock
  readonly onProblem?: (problem: EventSourceProblem) => void
}

/** Figures of an event source mapping. */
export interface EventSourceState {
  /** Batches that may be gathered or running at once, now. */
  readonly pollers: number
  readonly invoking: number
  readonly batches: number
  readonly succeeded: number
  readonly failed: number
}

/** A running event source mapping. */
export interface EventSource {
  state(): EventSourceState
  /** Receives no more, and gives what runs two seconds to end. */
  stop(): Promise<void>
}
