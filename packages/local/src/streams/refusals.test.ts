import { CreateStreamCommand, ListShardsCommand, ListStreamsCommand } from '@aws-sdk/client-kinesis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  client,
  engine,
  get,
  iterator,
  mebibyte,
  protocols,
  put,
  putMany,
  repeat,
  start,
  stop,
  world,
} from './testing/stream-world.ts'

afterEach(stop)

describe.each(protocols)('over %s', (_, handler) => {
  beforeEach(() => {
    world.handler = handler
    return start()
  })

  it('rejects an iterator that is older than five minutes', async () => {
    const start = await iterator()
    world.now += 300_000
    await get(start)
    world.now += 1
    await expect(get(start)).rejects.toMatchObject({ name: 'ExpiredIteratorException' })
  })

  it.each([
    ['an unknown stream', () => put('a', 'x', { StreamName: 'none' }), 'ResourceNotFoundException'],
    [
      'an ARN of another account',
      () => put('a', 'x', { StreamName: undefined, StreamARN: 'arn:aws:kinesis:x:1:stream/readings' }),
      'ResourceNotFoundException',
    ],
    [
      'a name and an ARN that differ',
      () => put('a', 'x', { StreamARN: engine.streamArn('large') }),
      'InvalidArgumentException',
    ],
    ['no stream', () => put('a', 'x', { StreamName: undefined }), 'ValidationException'],
    ['a key that is too long', () => put('k'.repeat(257), 'x'), 'ValidationException'],
    ['an empty key', () => put('', 'x'), 'ValidationException'],
    ['no key', () => put('a', 'x', { PartitionKey: undefined }), 'ValidationException'],
    ['no data', () => put('a', 'x', { Data: undefined }), 'ValidationException'],
    ['a record over 1 MiB', () => put('a', 'x'.repeat(mebibyte)), 'ValidationException'],
    ['a hash key of 129 bits', () => put('a', 'x', { ExplicitHashKey: String(2n ** 128n) }), /Argument/],
    ['a hash key that is not a number', () => put('a', 'x', { ExplicitHashKey: '0x1' }), /Argument/],
    [
      'an order after a sequence number that does not exist',
      () => put('a', 'x', { SequenceNumberForOrdering: '1' }),
      'InvalidArgumentException',
    ],
    ['a dry run', () => put('a', 'x', { DryRun: true }), 'InvalidArgumentException'],
    ['an empty batch', () => putMany([]), 'ValidationException'],
    ['501 records', () => putMany(repeat(501)), 'ValidationException'],
    ['a batch over 10 MiB', () => putMany(repeat(11, mebibyte - 1)), 'InvalidArgumentException'],
    [
      'a batch with a bad record',
      () =>
        putMany([
          ['a', 'x'],
          ['', 'x'],
        ]),
      'ValidationException',
    ],
    ['an unknown shard', () => iterator({ ShardId: 'shardId-000000000009' }), 'ResourceNotFoundException'],
    [
      'an unknown type of iterator',
      () => iterator({ ShardIteratorType: 'EARLIEST' as 'LATEST' }),
      'ValidationException',
    ],
    [
      'an iterator without its sequence number',
      () => iterator({ ShardIteratorType: 'AT_SEQUENCE_NUMBER' }),
      'InvalidArgumentException',
    ],
    [
      'the oldest record and a sequence number',
      () => iterator({ ShardIteratorType: 'TRIM_HORIZON', StartingSequenceNumber: '1' }),
      'InvalidArgumentException',
    ],
    [
      'the newest record and a sequence number',
      () => iterator({ ShardIteratorType: 'LATEST', StartingSequenceNumber: '1' }),
      'InvalidArgumentException',
    ],
    ['an invalid iterator', () => get('made up'), 'InvalidArgumentException'],
    ['more than 10,000 records', async () => get(await iterator(), 10_001), 'ValidationException'],
    [
      'a time in the future',
      () => iterator({ ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(world.now + 1000) }),
      'InvalidArgumentException',
    ],
    ['an invalid token', () => client.send(new ListShardsCommand({ NextToken: 'x' })), /Argument/],
    [
      'a stream name with a space',
      () => client.send(new CreateStreamCommand({ StreamName: 'a b', ShardCount: 1 })),
      'ValidationException',
    ],
  ])('rejects %s, and stores nothing', async (_, request, name) => {
    await expect(request()).rejects.toMatchObject({
      name: typeof name === 'string' ? name : expect.stringMatching(name),
      $fault: 'client',
    })
    const left = await client.send(new ListStreamsCommand())
    for (const stream of left.StreamNames ?? []) expect(engine.records(stream)).toEqual([])
  })
})
