import type { Received } from './queue-client.ts'
import type { SqsRecord } from './record.ts'

/** Records for one invocation. */
export interface Batch {
  readonly records: readonly SqsRecord[]
  /** When the first of them was received, in milliseconds since the epoch. */
  readonly receivedAt: number
}

/** A batch that is being filled. */
export interface BatchBuilder {
  /** Adds records; returns those that do not fit. */
  add(records: readonly Received[]): readonly Received[]
  /** How many more records fit, estimated from the size of those in the batch. At least 1 unless it is full. */
  room(): number
  /** `undefined` while it is empty. */
  batch(): Batch | undefined
}

/** The largest event of a synchronous invocation, in bytes ("Lambda quotas"). */
export const payloadLimit = 6 * 1024 * 1024
const frame = Buffer.byteLength('{"Records":[]}')

/** Starts an empty batch. */
export function createBatch(batchSize: number): BatchBuilder {
  const records: SqsRecord[] = []
  let receivedAt = Number.POSITIVE_INFINITY
  let size = frame
  let overflowed = false

  return {
    add(arrived) {
      const rest: Received[] = []
      for (const one of arrived) {
        if (overflowed || records.length >= batchSize || size + one.size + 1 > payloadLimit) {
          // Later records must not overtake it.
          overflowed = true
          rest.push(one)
        } else {
          records.push(one.record)
          size += one.size + 1
          receivedAt = Math.min(receivedAt, one.receivedAt)
        }
      }
      return rest
    },
    room() {
      if (overflowed || records.length >= batchSize) return 0
      const average = records.length === 0 ? 0 : size / records.length
      const bySize = average === 0 ? batchSize : Math.floor((payloadLimit - size) / average)
      return Math.max(1, Math.min(batchSize - records.length, bySize))
    },
    batch: () => (records.length === 0 ? undefined : { records, receivedAt }),
  }
}
