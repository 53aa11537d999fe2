import { createAllowance } from './allowance.ts'
import type { StoredRecord, Unread } from './engine.ts'
import type { HashKeyRange } from './hash-key.ts'
import { createSequenceNumbers, type SequenceNumbers } from './sequence-number.ts'

/** Milliseconds that a record is kept: the default of Kinesis, 24 hours. */
export const retention = 86_400_000

/** The approximate number of bytes of memory for a record in addition to its data and key. */
const overhead = 250

const mebibyte = 1_048_576
/** The most bytes that one read returns. */
const mostBytes = 10 * mebibyte

/** The records of one hash key range, in order. */
export interface Shard {
  readonly id: string
  readonly range: HashKeyRange
  readonly numbers: SequenceNumbers
  /** The position of the oldest record. `next` is the position of the next record. */
  first(now: number): number
  next(): number
  /** The first position whose record arrived at that time or later. */
  positionAt(time: number, now: number): number
  /** `undefined` when the limit is reached: 1,000 records and 1 MiB per second ("Quotas and limits"). */
  append(partitionKey: string, data: Uint8Array, now: number): StoredRecord | undefined
  /** `undefined` when the limit is reached: 5 reads and 2 MiB per second. */
  read(position: number, limit: number, now: number): readonly StoredRecord[] | undefined
  all(now: number): readonly StoredRecord[]
  /** The records from a position on. */
  unread(position: number, now: number): Unread
  /** Adds a reader. The returned function releases all records before a position for this reader. */
  addReader(): (position: number) => void
  /** Drops records that every reader has released, the oldest first, until this many bytes are free. */
  reclaim(bytes: number): void
  /** How many bytes of memory its records take. */
  bytes(now: number): number
}

/** Creates an empty shard. `born` is when its stream was created. */
export function createShard(index: number, range: HashKeyRange, born: number): Shard {
  const id = `shardId-${String(index).padStart(12, '0')}`
  const numbers = createSequenceNumbers(born, index)
  const writes = { records: createAllowance(1000), bytes: createAllowance(mebibyte) }
  const reads = { calls: createAllowance(5), bytes: createAllowance(2 * mebibyte) }
  const log = createLog()
  /** For each reader, the position up to which it has released the records. */
  const released: number[] = []

  return {
    id,
    range,
    numbers,
    next: log.next,
    first: log.first,
    positionAt: log.positionAt,
    all: log.all,
    unread: log.unread,
    bytes: log.bytes,
    append(partitionKey, data, now) {
      const size = data.byteLength + Buffer.byteLength(partitionKey)
      if (!writes.records.allows(1, now) || !writes.bytes.allows(size, now)) return undefined
      writes.records.take(1, now)
      writes.bytes.take(size, now)
      log.first(now)
      const record = Object.freeze({
        shardId: id,
        sequenceNumber: numbers.at(log.next(), now),
        partitionKey,
        data,
        approximateArrivalTimestamp: now,
      })
      log.push(record)
      return record
    },
    read(position, limit, now) {
      const start = log.first(now)
      if (!reads.calls.allows(1, now) || !reads.bytes.allows(1, now)) return undefined
      reads.calls.take(1, now)
      const { found, bytes } = collect(log.at, Math.max(start, position), limit)
      reads.bytes.take(bytes, now)
      return found
    },
    addReader() {
      const reader = released.push(0) - 1
      return (position) => {
        released[reader] = Math.max(released[reader] ?? 0, position)
      }
    },
    reclaim(bytes) {
      log.dropBefore(released.length === 0 ? 0 : Math.min(...released), bytes)
    },
  }
}

/** The records from a position on, within the limits of one read. */
function collect(at: (position: number) => StoredRecord | undefined, from: number, limit: number) {
  const found: StoredRecord[] = []
  let bytes = 0
  for (let position = from; found.length < limit; position += 1) {
    const record = at(position)
    if (record === undefined || (found.length > 0 && bytes + record.data.byteLength > mostBytes)) break
    found.push(record)
    bytes += record.data.byteLength
  }
  return { found, bytes }
}

/** The records of a shard by position, without those that have expired. */
function createLog() {
  let records: StoredRecord[] = []
  /** How many of `records` are dropped already. Moving the rest for each dropped record would be slow. */
  let head = 0
  // The positions start at 1, because the start of an empty shard has a sequence number, too.
  let start = 1
  let held = 0

  /** Drops the oldest record; returns how many bytes that frees. */
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

  function first(now: number): number {
    while ((records[head]?.approximateArrivalTimestamp ?? now) < now - retention) drop()
    return start
  }

  const next = () => start + records.length - head
  const at = (position: number): StoredRecord | undefined => records[head + position - start]

  return {
    first,
    next,
    at,
    push(record: StoredRecord): void {
      records.push(record)
      held += sizeOf(record)
    },
    positionAt: (time: number, now: number): number => firstSince(time, at, first(now), next()),
    all(now: number): readonly StoredRecord[] {
      first(now)
      return records.slice(head)
    },
    unread(position: number, now: number): Unread {
      const from = Math.max(first(now), position)
      return { records: next() - from, oldest: at(from)?.approximateArrivalTimestamp }
    },
    /** Drops records before a position, the oldest first, until this many bytes are free. */
    dropBefore(position: number, bytes: number): void {
      for (let freed = 0; freed < bytes && start < position; ) freed += drop()
    },
    bytes(now: number): number {
      first(now)
      return held
    },
  }
}

/** The first position from `low` up to `high` whose record arrived at a time or later; `high` when there is none. */
function firstSince(
  time: number,
  at: (position: number) => StoredRecord | undefined,
  low: number,
  high: number,
): number {
  let [from, to] = [low, high]
  while (from < to) {
    const middle = Math.floor((from + to) / 2)
    if ((at(middle)?.approximateArrivalTimestamp ?? 0) < time) from = middle + 1
    else to = middle
  }
  return from
}

/** The approximate number of bytes of memory for a record. */
export function sizeOf({ data, partitionKey }: Pick<StoredRecord, 'data' | 'partitionKey'>): number {
  return data.byteLength + partitionKey.length + overhead
}
