import type { InvocationResult } from '../functions/index.ts'
import type { StoredRecord } from '../streams/index.ts'
import type { KinesisRecord } from './record.ts'

/** A discarded batch. */
export interface DiscardedBatch {
  readonly reason: 'RetryAttemptsExhausted' | 'RecordAgeExceeded'
  readonly functionName: string
  readonly region: string
  readonly streamArn: string
  readonly records: readonly StoredRecord[]
  readonly event: { readonly Records: readonly KinesisRecord[] }
  /** How often the function was invoked with it. */
  readonly invocations: number
  /** The result of the last invocation; `undefined` when there was none. */
  readonly result: InvocationResult | undefined
  /** Milliseconds since the epoch. */
  readonly time: number
}

/** The destination of discarded batches. */
export interface FailureDestination {
  /** The place to show to the user: a folder, or the URL of a queue. */
  readonly place?: string
  /** Rejects when the batch could not be sent. Then it is retried while the lane waits. */
  send(batch: DiscardedBatch): Promise<void>
}
