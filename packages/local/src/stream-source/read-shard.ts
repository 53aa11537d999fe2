import { createHash } from 'node:crypto'
import type { Clock } from '@spillway/message/internal'
import type { ShardReader, StoredRecord } from '../streams/index.ts'
import type { Lane } from './lane.ts'

/** What {@link readShard} takes. */
export interface ReadShardOptions {
  readonly reader: ShardReader
  readonly lanes: readonly Lane[]
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** A shard, read from its oldest record. */
export interface ReadShard {
  /** Marks a record as done or discarded. */
  done(record: StoredRecord): void
  /** How many records are not done, including those that are not read yet. */
  backlog(): number
  /** When the oldest of them arrived, in milliseconds since the epoch. */
  oldest(): number | undefined
  /** Resolves when it has stopped reading. */
  readonly ended: Promise<void>
}

/** Milliseconds between two reads of a shard without further records. Lambda polls once per second. */
const pollInterval = 1000
/** Milliseconds to wait after a read that exceeded the limit of the shard. */
const throttled = 200
/** The most records that are read but not done. No more are read until some are done. */
const mostPending = 20_000
const readLimit = 10_000

interface Pending {
  /** The sequence number of the record before it. */
  readonly previous: string | undefined
  readonly arrived: number
}

/** Reads a shard and distributes its records to lanes, each partition key always to the same lane. */
export function readShard({ reader, lanes, clock, signal }: ReadShardOptions): ReadShard {
  /** In the order of the shard. */
  const pending = new Map<string, Pending>()
  let last: string | undefined

  function deal(record: StoredRecord): void {
    pending.set(record.sequenceNumber, { previous: last, arrived: record.approximateArrivalTimestamp })
    last = record.sequenceNumber
    lanes[laneOf(record.partitionKey, lanes.length)]?.push(record)
  }

  const first = () => pending.values().next().value

  async function loop(): Promise<void> {
    while (!signal.aborted) {
      const records = pending.size < mostPending ? reader.read(last, readLimit) : undefined
      for (const record of records ?? []) deal(record)
      if (records === undefined) await clock.sleep(throttled, signal)
      else if (reader.unread(last).records === 0) await clock.sleep(pollInterval, signal)
    }
  }

  return {
    done({ sequenceNumber }) {
      pending.delete(sequenceNumber)
      const oldest = first()
      // All records before the oldest one that is not done are done.
      const upTo = oldest === undefined ? last : oldest.previous
      if (upTo !== undefined) reader.release(upTo)
    },
    backlog: () => pending.size + reader.unread(last).records,
    oldest: () => first()?.arrived ?? reader.unread(last).oldest,
    ended: loop(),
  }
}

/**
 * The lane of a partition key, chosen by the last bytes of its MD5. The first bytes have chosen the shard, so they are
 * similar for all keys of a shard.
 */
function laneOf(partitionKey: string, lanes: number): number {
  return lanes === 1 ? 0 : createHash('md5').update(partitionKey).digest().readUInt32BE(12) % lanes
}
