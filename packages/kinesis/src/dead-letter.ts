import type { ParkReason, TimeLimit } from '@spillway/message'

/** The copy of a record that can never succeed. */
export interface ParkedCopy {
  readonly reason: ParkReason
  readonly parkedAt: Date
  /** The data of the record, byte for byte, where it is text; `undefined` where only `base64` can hold it. */
  readonly text: string | undefined
  /** The data of the record in base64, as Lambda delivered it. Empty for a record without any. */
  readonly base64: string
  /** The ARN of the stream. */
  readonly stream: string
  readonly shardId: string
  /** `undefined` for a record that has none: it is of no stream. */
  readonly sequenceNumber: string | undefined
  /**
   * The id of the record for which the parking was decided: the sequence number, unless an earlier record of the same
   * message was parked. `redriveData` takes it.
   */
  readonly recordId: string
  readonly partitionKey: string
  /** When the stream took the record, about. */
  readonly arrivedAt: Date | undefined
}

/**
 * Where records of a stream go that can never succeed: a stream has no dead-letter queue of its own.
 * `sqsDeadLetter` and `s3DeadLetter` are two.
 */
export interface DeadLetter {
  /**
   * Resolves once the copy is durable, else rejects, and the record is delivered again. A second copy of a record has to
   * be harmless: an invocation may end between the copy and its answer.
   */
  put(copy: ParkedCopy, limit: TimeLimit): Promise<void>
}

/** What the error says of a copy that was not confirmed. */
export const copyFailure = {
  store: 'dead-letter store',
  advice: 'It is delivered again, and its shard waits. May the function write to the store?',
}
