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

/** A shard that is read from its oldest record on. */
export interface ReadShard {
  /** Says that a record is done with. */
  done(record: StoredRecord): void
  /** Records that are not done, read or not. */
  backlog(): number
  /** When the oldest of them arrived, in milliseconds since the epoch. */
  oldest(): number | undefined
  /** Resolves once nothing more is read. */
  readonly ended: Promise<void>
}

/** Milliseconds between two reads of a shard that has no more records: Lambda polls once a second. */
const pollInterval = 1000
/** Milliseconds, after a read that the limit of the shard did not allow. */
const throttled = 200
/** Records that are read but not done: more are left in the shard until some are. */
const mostPending = 20_000
const readLimit = 10_000

interface Pending {
  /** The sequence number before it. */
  readonly previous: string | undefined
  readonly arrived: number
}

/** Reads a shard and deals its records out to lanes, each partition key always to the same one. */
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
      // Everything before the oldest that is not done is done.
      const upTo = oldest === undefined ? last : oldest.previous
      if (upTo !== undefined) reader.release(upTo)
    },
    backlog: () => pending.size + reader.unread(last).records,
    oldest: () => first()?.arrived ?? reader.unread(last).oldest,
    ended: loop(),
  }
}

/**
 * The lane of a partition key. The last bytes of its MD5 are used: its first ones have chosen the shard, and are alike
 * in all keys of this one.
 */
function laneOf(partitionKey: string, lanes: number): number {
  return lanes === 1 ? 0 : createHash('md5').update(partitionKey).digest().readUInt32BE(12) % lanes
}
