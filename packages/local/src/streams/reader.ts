import type { ShardReader } from './engine.ts'
import type { Shard } from './shard.ts'
import type { Store } from './store.ts'

/** A shard as {@link ShardReader}. */
export function toReader(shard: Shard, store: Store): ShardReader {
  const release = shard.addReader()
  /** A sequence number of another shard counts as the position before all records. */
  const positionAfter = (sequenceNumber: string | undefined) =>
    sequenceNumber === undefined ? 0 : (shard.numbers.positionOf(sequenceNumber) ?? -1) + 1
  return {
    shardId: shard.id,
    read: (after, limit) => shard.read(positionAfter(after), limit, store.now()),
    unread: (after) => shard.unread(positionAfter(after), store.now()),
    release: (upTo) => release(positionAfter(upTo)),
  }
}
