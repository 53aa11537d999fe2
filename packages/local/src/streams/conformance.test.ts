import { createHash } from 'node:crypto'
import {
  type GetShardIteratorCommandInput,
  ListShardsCommand,
  ProvisionedThroughputExceededException,
} from '@aws-sdk/client-kinesis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  client,
  codes,
  engine,
  first,
  get,
  iterator,
  keyOfFirst,
  keyOfSecond,
  mebibyte,
  protocols,
  put,
  putMany,
  repeat,
  second,
  start,
  stop,
  stored,
  texts,
  world,
} from './testing/stream-world.ts'

const hour = 3_600_000

afterEach(stop)

// The limit does not depend on the protocol, and 12 MiB take a while.
it('returns 10 MiB per read, and 2 MiB per second', async () => {
  world.handler = () => undefined
  await start()
  for (let record = 0; record < 12; record += 1) {
    await put(keyOfFirst, 'x'.repeat(mebibyte - 1))
    world.now += 1000
  }
  const position = await iterator()
  const one = await get(position)
  expect(one.Records).toHaveLength(10)
  await expect(get(position)).rejects.toMatchObject({ name: 'ProvisionedThroughputExceededException' })
  world.now += 3900
  await expect(get(position)).rejects.toMatchObject({ name: 'ProvisionedThroughputExceededException' })
  world.now += 200
  expect((await get(one.NextShardIterator)).Records).toHaveLength(2)
})

describe.each(protocols)('over %s', (_, handler) => {
  beforeEach(() => {
    world.handler = handler
    return start()
  })

  it('stores bytes unchanged, in the shard of their partition key, and returns them in order', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
    const one = await put(keyOfFirst, bytes)
    const two = await put(keyOfSecond, 'two')
    world.now += 1500
    const three = await put(keyOfFirst, '')
    expect([one.ShardId, two.ShardId, three.ShardId]).toEqual([first, second, first])

    const { Records, MillisBehindLatest } = await get(await iterator())
    expect(Records).toEqual([
      {
        SequenceNumber: one.SequenceNumber,
        PartitionKey: keyOfFirst,
        Data: bytes,
        ApproximateArrivalTimestamp: new Date(1_800_000_000_123),
      },
      {
        SequenceNumber: three.SequenceNumber,
        PartitionKey: keyOfFirst,
        Data: new Uint8Array(),
        ApproximateArrivalTimestamp: new Date(1_800_000_001_623),
      },
    ])
    expect(MillisBehindLatest).toBe(0)
    expect(engine.records('readings')).toEqual([
      {
        shardId: first,
        sequenceNumber: one.SequenceNumber,
        partitionKey: keyOfFirst,
        data: Buffer.from(bytes),
        approximateArrivalTimestamp: 1_800_000_000_123,
      },
      expect.objectContaining({ sequenceNumber: three.SequenceNumber }),
      expect.objectContaining({ shardId: second, sequenceNumber: two.SequenceNumber }),
    ])
  })

  it('issues increasing sequence numbers, which only BigInt can compare', async () => {
    const { Records: answers = [] } = await putMany(repeat(20))
    world.now += 86_400
    answers.push(await put(keyOfFirst, 'later'))
    const numbers = answers.map(({ SequenceNumber = '' }) => SequenceNumber)
    for (const [index, number] of numbers.slice(1).entries()) {
      expect(BigInt(number) > BigInt(numbers[index] ?? '')).toBe(true)
    }
    expect(numbers[0]).toMatch(/^49\d{54}$/)
    expect(Number(numbers[0])).toBe(Number(numbers[1]))
  })

  it('returns the results of a batch in the order of its entries', async () => {
    world.onPut = () => ({ fail: 'entries', indexes: [1, 2], code: 'InternalFailure' })
    const answer = await putMany([
      [keyOfFirst, 'zero'],
      [keyOfSecond, 'one'],
      [keyOfFirst, 'two'],
      [keyOfSecond, 'three'],
    ])
    expect(answer.FailedRecordCount).toBe(2)
    expect(answer.Records?.map(({ ShardId, ErrorCode }) => ShardId ?? ErrorCode)).toEqual([
      first,
      'InternalFailure',
      'InternalFailure',
      second,
    ])
    expect(answer.Records?.[1]).toEqual({ ErrorCode: 'InternalFailure', ErrorMessage: expect.any(String) })
    expect(stored()).toEqual(['zero', 'three'])
  })

  it('accepts 1,000 records per second and shard, and rejects each of the others', async () => {
    expect((await putMany(repeat(500))).FailedRecordCount).toBe(0)
    expect((await putMany(repeat(499))).FailedRecordCount).toBe(0)
    const answer = await putMany([
      [keyOfFirst, 'the last'],
      [keyOfFirst, 'too many'],
      [keyOfSecond, 'of another shard'],
    ])
    expect(answer.FailedRecordCount).toBe(1)
    expect(codes(answer)).toEqual(['stored', 'ProvisionedThroughputExceededException', 'stored'])
    expect(answer.Records?.[1]?.ErrorMessage).toBe(`Rate exceeded for shard ${first} in stream readings.`)
    await expect(put(keyOfFirst, 'x')).rejects.toBeInstanceOf(ProvisionedThroughputExceededException)
    world.now += 2
    expect(codes(await putMany(repeat(3)))).toEqual([
      'stored',
      'stored',
      'ProvisionedThroughputExceededException',
    ])
    world.now += 60_000
    const { FailedRecordCount } = await putMany(repeat(500))
    expect(FailedRecordCount).toBe(0)
    expect(engine.records('readings')).toHaveLength(1503)
  })

  it('accepts 1 MiB per second and shard, including the keys', async () => {
    const half = 'x'.repeat(mebibyte / 2 - 1)
    expect(
      codes(
        await putMany([
          [keyOfFirst, half],
          [keyOfFirst, half],
          [keyOfFirst, ''],
          [keyOfSecond, half],
        ]),
      ),
    ).toEqual(['stored', 'stored', 'ProvisionedThroughputExceededException', 'stored'])
    world.now += 500
    expect(codes(await putMany([[keyOfFirst, half]]))).toEqual(['stored'])
  })

  it('accepts a record above the limit when the shard was idle, and then rejects others until the rate is met', async () => {
    const large = 'x'.repeat(3 * mebibyte - 1)
    const puts = () => putMany([[keyOfFirst, large]], 'large')
    expect(codes(await puts())).toEqual(['stored'])
    world.now += 2900
    expect(codes(await puts())).toEqual(['ProvisionedThroughputExceededException'])
    world.now += 100
    expect(codes(await puts())).toEqual(['stored'])
  })

  it('starts to read at the requested position', async () => {
    const numbers: string[] = []
    for (const text of ['one', 'two', 'three']) {
      const { SequenceNumber = '' } = await put(keyOfFirst, text)
      numbers.push(SequenceNumber)
      world.now += 1000
    }
    const StartingSequenceNumber = numbers[1]
    const read = async (input: Partial<GetShardIteratorCommandInput>) => {
      const found = texts(await get(await iterator(input)))
      world.now += 1000
      return found
    }
    expect(await read({ ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber })).toEqual([
      'two',
      'three',
    ])
    expect(await read({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber })).toEqual([
      'three',
    ])
    const at = (ms: number) => read({ ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(ms) })
    expect(await at(1_800_000_001_123)).toEqual(['two', 'three'])
    expect(await at(1_800_000_001_124)).toEqual(['three'])
    expect(await at(0)).toEqual(['one', 'two', 'three'])
    const latest = await iterator({ ShardIteratorType: 'LATEST' })
    await put(keyOfFirst, 'four')
    expect(texts(await get(latest))).toEqual(['four'])
    const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: 'readings' }))
    const begin = Shards[0]?.SequenceNumberRange?.StartingSequenceNumber
    expect(
      await read({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: begin }),
    ).toHaveLength(4)
  })

  it('rejects a sequence number of another shard', async () => {
    const { SequenceNumber } = await put(keyOfSecond, 'x')
    const other = { ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: SequenceNumber } as const
    await expect(iterator(other)).rejects.toMatchObject({ name: 'InvalidArgumentException' })
  })

  it('rejects a sequence number of another stream, even if both streams were created in the same millisecond', async () => {
    const { SequenceNumber } = await put(keyOfFirst, 'x')
    await put(keyOfFirst, 'y', { StreamName: 'large' })
    const input = { StreamName: 'large', StartingSequenceNumber: SequenceNumber }
    const iterating = iterator({ ...input, ShardIteratorType: 'AT_SEQUENCE_NUMBER' })
    await expect(iterating).rejects.toMatchObject({ name: 'InvalidArgumentException' })
    const ordering = { StreamName: 'large', SequenceNumberForOrdering: SequenceNumber }
    await expect(put(keyOfFirst, 'z', ordering)).rejects.toMatchObject({ name: 'InvalidArgumentException' })
  })

  it('rejects a sequence number that no record has yet, because reading from it would skip records', async () => {
    const { SequenceNumber = '' } = await put(keyOfFirst, 'x')
    for (const position of ['2', '9'.repeat(24)]) {
      const StartingSequenceNumber =
        SequenceNumber.slice(0, 16) + position.padStart(24, '0') + SequenceNumber.slice(40)
      for (const ShardIteratorType of ['AT_SEQUENCE_NUMBER', 'AFTER_SEQUENCE_NUMBER'] as const) {
        const iterating = iterator({ ShardIteratorType, StartingSequenceNumber })
        await expect(iterating).rejects.toMatchObject({ name: 'InvalidArgumentException' })
      }
    }
  })

  it('continues reading from the next iterator, and returns how far it is behind', async () => {
    for (const text of ['one', 'two', 'three']) {
      await put(keyOfFirst, text)
      world.now += 1000
    }
    const one = await get(await iterator(), 2)
    expect([texts(one), one.MillisBehindLatest]).toEqual([['one', 'two'], 2000])
    const two = await get(one.NextShardIterator, 2)
    expect([texts(two), two.MillisBehindLatest]).toEqual([['three'], 0])
    await put(keyOfFirst, 'four')
    const three = await get(two.NextShardIterator)
    expect(texts(three)).toEqual(['four'])
    expect(await get(three.NextShardIterator)).toMatchObject({ Records: [], MillisBehindLatest: 0 })
  })

  it('allows five reads per second and shard', async () => {
    const start = await iterator()
    for (let read = 0; read < 5; read += 1) await get(start)
    await expect(get(start)).rejects.toBeInstanceOf(ProvisionedThroughputExceededException)
    expect(await get(await iterator({ ShardId: second }))).toMatchObject({ Records: [] })
    world.now += 200
    await get(start)
    await expect(get(start)).rejects.toThrow(`Rate exceeded for shard ${first} in stream readings.`)
  })

  it('spreads partition keys by their MD5', async () => {
    const keys = Array.from({ length: 100 }, (_, index) => `sensor-${index}`)
    const { Records = [] } = await putMany(keys.map((key) => [key, key]))
    const half = (key: string) => Number(createHash('md5').update(key).digest().readUInt8(0) >= 128)
    expect(Records.map(({ ShardId }) => ShardId)).toEqual(keys.map((key) => [first, second][half(key)]))
  })

  it('prefers an explicit hash key to that of the partition key', async () => {
    const answer = await put(keyOfFirst, 'x', { ExplicitHashKey: String(2n ** 127n) })
    expect(answer.ShardId).toBe(second)
    const next = await put(keyOfFirst, 'y', { SequenceNumberForOrdering: answer.SequenceNumber })
    expect(next.ShardId).toBe(first)
  })

  it('keeps records for 24 hours', async () => {
    await put(keyOfFirst, 'old')
    const { SequenceNumber } = await put(keyOfFirst, 'older')
    world.now += 24 * hour
    await put(keyOfFirst, 'young')
    expect(stored()).toEqual(['old', 'older', 'young'])
    world.now += 1
    expect(stored()).toEqual(['young'])
    const old = { ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: SequenceNumber } as const
    expect(texts(await get(await iterator(old)))).toEqual(['young'])
    expect(texts(await get(await iterator()))).toEqual(['young'])
  })
})
