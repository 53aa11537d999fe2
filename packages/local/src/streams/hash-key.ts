import { createHash } from 'node:crypto'

/** The range of hash keys of a shard, both ends included. */
export interface HashKeyRange {
  readonly first: bigint
  readonly last: bigint
}

const keys = 1n << 128n

/** Divides all hash keys evenly among shards. */
export function divideHashKeys(shards: number): readonly HashKeyRange[] {
  const size = keys / BigInt(shards)
  return Array.from({ length: shards }, (_, index) => ({
    first: size * BigInt(index),
    last: index === shards - 1 ? keys - 1n : size * BigInt(index + 1) - 1n,
  }))
}

/** The hash key of a partition key: its MD5, as a number of 128 bits. */
export function hashPartitionKey(partitionKey: string): bigint {
  return BigInt(`0x${createHash('md5').update(partitionKey).digest('hex')}`)
}

/** Parses the explicit hash key of a producer; `undefined` when it is invalid. */
export function parseHashKey(text: string): bigint | undefined {
  if (!/^(0|[1-9]\d{0,38})$/.test(text)) return undefined
  const value = BigInt(text)
  return value < keys ? value : undefined
}
