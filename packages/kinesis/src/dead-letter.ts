import type { ParkReason, TimeLimit } from '@spillway/message'

/** The copy of a parked record. */
export interface ParkedCopy {
  readonly reason: ParkReason
  readonly parkedAt: Date
  /** The data of the record if it is UTF-8 text; otherwise `undefined`, and only `base64` has it. */
  readonly text: string | undefined
  /** The data of the record in base64, as Lambda delivered it. Empty if it has none. */
  readonly base64: string
  /** The ARN of the stream. */
  readonly stream: string
  readonly shardId: string
  /** `undefined` if the record has none, and so is not of a stream. */
  readonly sequenceNumber: string | undefined
  /**
   * The id of the record for which the parking was decided: the sequence number, unless an earlier record of the same
   * message was parked. `redriveData` takes it.
   */
  readonly recordId: string
  readonly partitionKey: string
  /** The approximate time at which the record arrived in the stream. */
  readonly arrivedAt: Date | undefined
}

/** A store for parked records: a stream has no dead-letter queue. `sqsDeadLetter` and `s3DeadLetter` create one. */
export interface DeadLetter {
  /**
   * Resolves when the copy is durable. If it rejects, the record is delivered again. A second copy of a record must be
   * harmless: an invocation may end between the copy and its answer.
   */
  put(copy: ParkedCopy, limit: TimeLimit): Promise<void>
}

/** The parts of the error for a copy that was not confirmed. */
export const copyFailure = {
  store: 'dead-letter store',
  advice:
    'It is delivered again, and its shard waits. Does the function have the permission to write to the store?',
}
