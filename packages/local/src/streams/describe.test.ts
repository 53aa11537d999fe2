import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamCommand,
  DescribeStreamSummaryCommand,
  ListShardsCommand,
  type ListShardsCommandOutput,
  ListStreamsCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-kinesis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  client,
  engine,
  first,
  get,
  iterator,
  protocols,
  second,
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

  it('describes its streams', async () => {
    const arn = 'arn:aws:kinesis:us-east-1:000000000000:stream/readings'
    expect(engine.streamArn('readings')).toBe(arn)
    const facts = {
      StreamName: 'readings',
      StreamARN: arn,
      StreamStatus: 'ACTIVE',
      RetentionPeriodHours: 24,
      StreamCreationTimestamp: new Date(1_800_000_000_123),
    }
    const { StreamDescriptionSummary } = await client.send(
      new DescribeStreamSummaryCommand({ StreamARN: arn }),
    )
    expect(StreamDescriptionSummary).toMatchObject({
      ...facts,
      OpenShardCount: 2,
      MaxRecordSizeInKiB: 1024,
    })
    const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamName: 'readings' }))
    expect(StreamDescription).toMatchObject({ ...facts, HasMoreShards: false })
    expect(StreamDescription?.Shards).toMatchObject([
      {
        ShardId: first,
        HashKeyRange: { StartingHashKey: '0', EndingHashKey: '170141183460469231731687303715884105727' },
        SequenceNumberRange: { StartingSequenceNumber: expect.stringMatching(/^49\d{54}$/) },
      },
      {
        ShardId: second,
        HashKeyRange: {
          StartingHashKey: '170141183460469231731687303715884105728',
          EndingHashKey: '340282366920938463463374607431768211455',
        },
      },
    ])
  })

  it('creates, lists and deletes streams', async () => {
    await client.send(new CreateStreamCommand({ StreamName: 'extra', ShardCount: 3 }))
    await expect(
      client.send(new CreateStreamCommand({ StreamName: 'extra', ShardCount: 3 })),
    ).rejects.toMatchObject({ name: 'ResourceInUseException' })
    const one = await client.send(new ListStreamsCommand({ Limit: 2 }))
    expect(one).toMatchObject({ StreamNames: ['extra', 'large'], HasMoreStreams: true })
    const two = await client.send(new ListStreamsCommand({ NextToken: one.NextToken }))
    expect(two).toMatchObject({ StreamNames: ['readings'], HasMoreStreams: false })
    expect(two.StreamSummaries?.[0]).toMatchObject({ StreamARN: engine.streamArn('readings') })

    const ids = ({ Shards }: Pick<ListShardsCommandOutput, 'Shards'>) => Shards?.map(({ ShardId }) => ShardId)
    const shards = await client.send(new ListShardsCommand({ StreamName: 'extra', MaxResults: 2 }))
    expect(ids(shards)).toEqual([first, second])
    const rest = await client.send(new ListShardsCommand({ NextToken: shards.NextToken }))
    expect([ids(rest), rest.NextToken]).toEqual([['shardId-000000000002'], undefined])
    for (const more of [{ StreamName: 'extra' }, { ExclusiveStartShardId: first }]) {
      const both = client.send(new ListShardsCommand({ NextToken: shards.NextToken, ...more }))
      await expect(both).rejects.toMatchObject({ name: 'InvalidArgumentException' })
    }

    const reading = await iterator({ StreamName: 'extra' })
    // The same millisecond as the first stream of this name.
    await client.send(new DeleteStreamCommand({ StreamName: 'extra' }))
    await client.send(new CreateStreamCommand({ StreamName: 'extra', ShardCount: 3 }))
    await expect(get(reading)).rejects.toBeInstanceOf(ResourceNotFoundException)
  })
})
