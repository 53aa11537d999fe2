import { type Input, integerOf, neededText, textOf } from './input.ts'
import { retention, type Shard } from './shard.ts'
import { type Store, streamName } from './store.ts'
import type { Stream } from './stream.ts'
import { invalidArgument, invalidValue, StreamError } from './stream-error.ts'

/** `CreateStream`. A local stream is active at once. */
export function createStreamAction(store: Store, input: Input): object {
  const name = neededText(input, 'StreamName', 1, 128)
  if (!streamName.test(name)) throw invalidValue('StreamName', 'be of letters, digits, `_`, `.` and `-`')
  const shards = integerOf(input, 'ShardCount', 1, 1000)
  // Without a shard count a stream is on demand and starts with four shards.
  const maxRecordSizeInKiB = integerOf(input, 'MaxRecordSizeInKiB', 1024, 10_240)
  if (store.streams.has(name)) {
    throw new StreamError('ResourceInUseException', `Stream ${name} already exists.`)
  }
  store.create({ name, shards: shards ?? 4, maxRecordSizeInKiB })
  return {}
}

/** `DeleteStream`. A local stream is deleted at once. */
export function deleteStream(store: Store, input: Input): object {
  store.remove(store.find(input).name)
  return {}
}

/** `DescribeStream`. */
export function describeStream(store: Store, input: Input): object {
  const stream = store.find(input)
  const limit = integerOf(input, 'Limit', 1, 10_000) ?? 100
  const { page, more } = pageOf(stream.shards, textOf(input, 'ExclusiveStartShardId', 1, 128), limit)
  return {
    StreamDescription: { ...facts(stream), Shards: page.map(toShard(stream)), HasMoreShards: more },
  }
}

/** `DescribeStreamSummary`. */
export function describeStreamSummary(store: Store, input: Input): object {
  const stream = store.find(input)
  return {
    StreamDescriptionSummary: {
      ...facts(stream),
      OpenShardCount: stream.shards.length,
      ConsumerCount: 0,
      MaxRecordSizeInKiB: stream.maxRecordSize / 1024,
    },
  }
}

/** `ListShards`. */
export function listShards(store: Store, input: Input): object {
  const token = textOf(input, 'NextToken', 1, 4096)
  // A token includes the stream and the position, so it must be the only parameter.
  const other = ['StreamName', 'ExclusiveStartShardId'].find(
    (name) => (input[name] ?? undefined) !== undefined,
  )
  if (token !== undefined && other !== undefined) {
    throw invalidArgument(`NextToken and ${other} cannot be given together.`)
  }
  const [name, start] = token === undefined ? [] : decodeToken(token)
  const stream = store.find(token === undefined ? input : { StreamName: name })
  const limit = integerOf(input, 'MaxResults', 1, 10_000) ?? 1000
  const after = start ?? textOf(input, 'ExclusiveStartShardId', 1, 128)
  const { page, more } = pageOf(stream.shards, after, limit)
  const next = more ? encodeToken([stream.name, page.at(-1)?.id ?? '']) : undefined
  return { Shards: page.map(toShard(stream)), ...(next && { NextToken: next }) }
}

/** `ListStreams`. */
export function listStreams(store: Store, input: Input): object {
  const limit = integerOf(input, 'Limit', 1, 10_000) ?? 100
  const after = textOf(input, 'NextToken', 1, 4096) ?? textOf(input, 'ExclusiveStartStreamName', 1, 128) ?? ''
  const names = [...store.streams.keys()].sort().filter((name) => name > after)
  const page = names.slice(0, limit)
  const more = names.length > limit
  return {
    StreamNames: page,
    HasMoreStreams: more,
    ...(more && { NextToken: page.at(-1) }),
    StreamSummaries: page.flatMap((name) => {
      const stream = store.streams.get(name)
      return stream === undefined ? [] : [summary(stream)]
    }),
  }
}

function summary({ name, arn, born }: Stream): object {
  return {
    StreamName: name,
    StreamARN: arn,
    StreamStatus: 'ACTIVE',
    StreamModeDetails: { StreamMode: 'PROVISIONED' },
    StreamCreationTimestamp: born / 1000,
  }
}

function facts(stream: Stream): object {
  return {
    ...summary(stream),
    RetentionPeriodHours: retention / 3_600_000,
    EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    EncryptionType: 'NONE',
  }
}

function toShard({ born }: Stream) {
  return ({ id, range, numbers }: Shard): object => ({
    ShardId: id,
    HashKeyRange: { StartingHashKey: String(range.first), EndingHashKey: String(range.last) },
    SequenceNumberRange: { StartingSequenceNumber: numbers.at(0, born) },
  })
}

function pageOf(shards: readonly Shard[], after: string | undefined, limit: number) {
  const rest = after === undefined ? shards : shards.filter(({ id }) => id > after)
  return { page: rest.slice(0, limit), more: rest.length > limit }
}

function encodeToken(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64')
}

function decodeToken(token: string): readonly string[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, 'base64').toString())
    if (Array.isArray(parts) && parts.length === 2 && parts.every((part) => typeof part === 'string')) {
      return parts
    }
  } catch {
    // The error below covers this and all other invalid tokens.
  }
  throw invalidArgument('The NextToken is invalid.')
}
