/**
 * Creates and reads the sequence numbers of one shard. They have 56 digits, as in Kinesis, too many for a JavaScript
 * number. From the left: `49`, the creation time of the stream in milliseconds (14), the position (24), the second of
 * the arrival (10), the shard (6).
 */
export interface SequenceNumbers {
  at(position: number, now: number): string
  /** The position of a sequence number of this shard; `undefined` for any other text. */
  positionOf(sequenceNumber: string): number | undefined
}

/** See {@link SequenceNumbers}. */
export function createSequenceNumbers(born: number, shard: number): SequenceNumbers {
  const head = `49${digits(born, 14)}`
  const tail = digits(shard, 6)
  return {
    at: (position, now) => `${head}${digits(position, 24)}${digits(Math.floor(now / 1000), 10)}${tail}`,
    positionOf(text) {
      const ours = /^\d{56}$/.test(text) && text.startsWith(head) && text.endsWith(tail)
      return ours ? Number(text.slice(16, 40)) : undefined
    },
  }
}

function digits(value: number, count: number): string {
  return String(Math.max(0, value)).padStart(count, '0')
}
