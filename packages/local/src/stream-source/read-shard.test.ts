import { expect, it } from 'vitest'
import { virtualClock } from '../../../sqs/src/testing/virtual-clock.ts'
import type { ShardReader, StoredRecord } from '../streams/index.ts'
import { readShard } from './read-shard.ts'

/** A shard with an endless number of records. */
function endless(partitionKey: string) {
  const released: string[] = []
  let reads = 0
  const reader: ShardReader = {
    shardId: 'shardId-000000000000',
    read(after, limit) {
      reads += 1
      return Array.from({ length: limit }, (_, index) => ({
        shardId: 'shardId-000000000000',
        sequenceNumber: String(Number(after ?? 0) + index + 1),
        partitionKey,
        data: new Uint8Array(),
        approximateArrivalTimestamp: 0,
      }))
    },
    unread: () => ({ records: 1, oldest: 0 }),
    release: (upTo) => released.push(upTo),
  }
  return { reader, released, reads: () => reads }
}

it('reads no more records while 20,000 are read but not done', async () => {
  const clock = virtualClock()
  const stopping = new AbortController()
  const { reader, released, reads } = endless('k')
  const pushed: StoredRecord[] = []
  const lane = { push: (record: StoredRecord) => void pushed.push(record), ended: Promise.resolve() }
  const shard = readShard({ reader, lanes: [lane], clock, signal: stopping.signal })
  await clock.advance(60_000)
  expect([pushed.length, reads()]).toEqual([20_000, 2])
  expect(shard.backlog()).toBe(20_001)

  const [one, two] = pushed
  if (two !== undefined) shard.done(two)
  expect(released).toEqual([])
  if (one !== undefined) shard.done(one)
  expect(released).toEqual(['2'])
  await clock.advance(200)
  expect(pushed.length).toBe(30_000)
  stopping.abort()
  await shard.ended
})
