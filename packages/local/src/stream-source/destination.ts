import type { InvocationResult } from '../functions/index.ts'
import type { StoredRecord } from '../streams/index.ts'
import type { KinesisRecord } from './record.ts'

/** A batch that is given up. */
export interface DiscardedBatch {
  readonly reason: 'RetryAttemptsExhausted' | 'RecordAgeExceeded'
  readonly functionName: string
  readonly region: string
  readonly streamArn: string
  readonly records: readonly StoredRecord[]
  readonly event: { readonly Records: readonly KinesisRecord[] }
  /** How often it was invoked. */
  readonly invocations: number
  /** What the last invocation answered. `undefined` when there was none. */
  readonly result: InvocationResult | undefined
  /** Milliseconds since the epoch. */
  readonly time: number
}

/** Where batches go that are given up. */
export interface FailureDestination {
  /** For people: a folder, or the URL of a queue. */
  readonly place?: string
  /** Rejects when the batch is not there: it is tried again, and the lane waits. */
  send(batch: DiscardedBatch): Promise<void>
}
