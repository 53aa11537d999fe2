import { createAllowance } from './allowance.ts'
import type { StoredRecord, Unread } from './engine.ts'
import type { HashKeyRange } from './hash-key.ts'
import { createSequenceNumbers, type SequenceNumbers } from './sequence-number.ts'

/** Milliseconds that a record is kept: the default of Kinesis, 24 hours. */
export const retention = 86_400_000

/** What a record takes of the memory beside its data and key, about. */
const overhead = 250

const mebibyte = 1_048_576
/** The most that one read gives. */
const mostBytes = 10 * mebibyte

/** The records of one hash key range, in order. */
export interface Shard {
  readonly id: string
  readonly range: HashKeyRange
  readonly numbers: SequenceNumbers
  /** Where the oldest record is, and where the next one will be. */
  first(now: number): number
  next(): number
  /** The first position whose record arrived at that time or later. */
  positionAt(time: number, now: number): number
  /** `undefined` when the limit is used up: 1,000 records and 1 MiB a second ("Quotas and limits"). */
  append(partitionKey: string, data: Uint8Array, now: number): StoredRecord | undefined
  /** `undefined` when the limit is used up: 5 reads and 2 MiB a second. */
  read(position: number, limit: number, now: number): readonly StoredRecord[] | undefined
  all(now: number): readonly StoredRecord[]
  /** What lies at a position and behind it. */
  unread(position: number, now: number): Unread
  /** Adds a reader. What it gives is told the position before which this reader is done with all. */
  addReader(): (position: number) => void
  /** Drops records that every reader is done with, the oldest first, until so many bytes are free. */
  reclaim(bytes: number): void
  /** Bytes that it holds. */
  bytes(now: number): number
}

/** Makes an empty shard. */
export function createShard(index: number, range: HashKeyRange, born: number): Shard {
  const id = `shardId-${String(index).padStart(12, '0')}`
  const numbers = createSequenceNumbers(born, index)
  const writes = { records: createAllowance(1000), bytes: createAllowance(mebibyte) }
  const reads = { calls: createAllowance(5), bytes: createAllowance(2 * mebibyte) }
  let records: StoredRecord[] = []
  /** How many of `records` are gone already: moving the rest for each one would be slow. */
  let head = 0
  // What is before the first record has a sequence number too: that of the empty shard.
  let start = 1
  /** For each reader, the position before which it is done with all. */
  const released: number[] = []
  let held = 0

  function drop(): number {
    const record = records[head]
    if (record === undefined) return 0
    head += 1
    start += 1
    held -= sizeOf(record)
    if (head > 1024 && head > records.length / 2) {
      records = records.slice(head)
      head = 0
    }
    return sizeOf(record)
  }

  function expire(now: number): void {
    while ((records[head]?.approximateArrivalTimestamp ?? now) < now - retention) drop()
  }

  const next = () => start + records.length - head
  const at = (position: number) => records[head + position - start]

  return {
    id,
    range,
    numbers,
    next,
    first(now) {
      expire(now)
      return start
    },
    positionAt(time, now) {
      expire(now)
      let [low, high] = [start, next()]
      while (low < high) {
        const middle = Math.floor((low + high) / 2)
        if ((at(middle)?.approximateArrivalTimestamp ?? 0) < time) low = middle + 1
        else high = middle
      }
      return low
    },
    append(partitionKey, data, now) {
      const size = data.byteLength + Buffer.byteLength(partitionKey)
      if (!writes.records.allows(1, now) || !writes.bytes.allows(size, now)) return undefined
      writes.records.take(1, now)
      writes.bytes.take(size, now)
      expire(now)
      const sequenceNumber = numbers.at(next(), now)
      const record = Object.freeze({
        shardId: id,
        sequenceNumber,
        partitionKey,
        data,
        approximateArrivalTimestamp: now,
      })
      records.push(record)
      held += sizeOf(record)
      return record
    },
    read(position, limit, now) {
      expire(now)
      if (!reads.calls.allows(1, now) || !reads.bytes.allows(1, now)) return undefined
      reads.calls.take(1, now)
      const found: StoredRecord[] = []
      let bytes = 0
      for (let p = Math.max(start, position); found.length < limit; p += 1) {
        const record = at(p)
        if (record === undefined || (found.length > 0 && bytes + record.data.byteLength > mostBytes)) break
        found.push(record)
        bytes += record.data.byteLength
      }
      reads.bytes.take(bytes, now)
      return found
    },
    all(now) {
      expire(now)
      return records.slice(head)
    },
    unread(position, now) {
      expire(now)
      const from = Math.max(start, position)
      return { records: next() - from, oldest: at(from)?.approximateArrivalTimestamp }
    },
    addReader() {
      const reader = released.push(0) - 1
      return (position) => {
        released[reader] = Math.max(released[reader] ?? 0, position)
      }
    },
    reclaim(bytes) {
      const needed = released.length === 0 ? 0 : Math.min(...released)
      for (let freed = 0; freed < bytes && start < needed; ) freed += drop()
    },
    bytes(now) {
      expire(now)
      return held
    },
  }
}

/** Bytes that a record takes of the memory, about. */
export function sizeOf({ data, partitionKey }: Pick<StoredRecord, 'data' | 'partitionKey'>): number {
  return data.byteLength + partitionKey.length + overhead
}
