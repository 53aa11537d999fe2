import type { StreamSpec } from './engine.ts'
import { divideHashKeys } from './hash-key.ts'
import { createShard, type Shard } from './shard.ts'
import { StreamError } from './stream-error.ts'

/** A stream and its shards. */
export interface Stream {
  readonly name: string
  readonly arn: string
  /** When it was created, in milliseconds since the epoch; unique within its store. */
  readonly born: number
  /** The limit for data and partition key together, in bytes. */
  readonly maxRecordSize: number
  readonly shards: readonly Shard[]
  shardOf(hashKey: bigint): Shard
}

/** Creates an empty stream. */
export function createStream(spec: StreamSpec, arn: string, born: number): Stream {
  const { name, maxRecordSizeInKiB = 1024 } = spec
  const shards = divideHashKeys(spec.shards).map((range, index) => createShard(index, range, born))
  return {
    name,
    arn,
    born,
    maxRecordSize: maxRecordSizeInKiB * 1024,
    shards,
    shardOf(hashKey) {
      const shard = shards.find(({ range }) => hashKey <= range.last)
      if (shard === undefined) throw new StreamError('InternalFailure', 'No shard takes this hash key.', 500)
      return shard
    },
  }
}
