import {
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  KinesisClient,
  PutRecordCommand,
  PutRecordsCommand,
  type PutRecordsCommandOutput,
} from '@aws-sdk/client-kinesis'
import { type NodeHttp2Handler, NodeHttpHandler } from '@smithy/node-http-handler'
import { type OnPut, type StreamEngine, startStreams } from '../index.ts'

type NewHandler = () => NodeHttpHandler | NodeHttp2Handler | undefined

export const mebibyte = 1_048_576
export const first = 'shardId-000000000000'
export const second = 'shardId-000000000001'
/** The MD5 of `a` begins with 0c, that of `b` with 92: below and above the middle. */
export const [keyOfFirst, keyOfSecond] = ['a', 'b'] as const

/** The protocols that the SDK's client can use. */
export const protocols: [string, NewHandler][] = [
  ["HTTP/2, the SDK's own choice", () => undefined],
  ['HTTP/1.1', () => new NodeHttpHandler()],
]

/** The values that a test can change. */
export const world: { now: number; onPut: OnPut | undefined; handler: NewHandler } = {
  now: 0,
  onPut: undefined,
  handler: () => undefined,
}

export let engine: StreamEngine
export let client: KinesisClient

/** Starts an engine, and connects a client with `world.handler`. */
export async function start(options: { readonly maxBytes?: number } = {}): Promise<void> {
  world.now = 1_800_000_000_123
  world.onPut = undefined
  engine = await startStreams({
    streams: [
      { name: 'readings', shards: 2 },
      { name: 'large', shards: 1, maxRecordSizeInKiB: 10_240 },
    ],
    clock: { now: () => world.now },
    onPut: (call) => world.onPut?.(call),
    ...options,
  })
  connectClient()
}

export async function stop(): Promise<void> {
  client.destroy()
  await engine.stop()
}

export function connectClient(maxAttempts = 1): void {
  const requestHandler = world.handler()
  client?.destroy()
  client = new KinesisClient({
    endpoint: engine.endpoint,
    region: engine.region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts,
    ...(requestHandler && { requestHandler }),
  })
}

export const put = (PartitionKey: string, data: string | Uint8Array, more = {}) =>
  client.send(
    new PutRecordCommand({ StreamName: 'readings', PartitionKey, Data: Buffer.from(data), ...more }),
  )

export const putMany = (
  records: readonly (readonly [string, string | Uint8Array])[],
  StreamName = 'readings',
) =>
  client.send(
    new PutRecordsCommand({
      StreamName,
      Records: records.map(([PartitionKey, data]) => ({ PartitionKey, Data: Buffer.from(data) })),
    }),
  )

export async function iterator(input: Partial<GetShardIteratorCommandInput> = {}): Promise<string> {
  const { ShardIterator = '' } = await client.send(
    new GetShardIteratorCommand({
      StreamName: 'readings',
      ShardId: first,
      ShardIteratorType: 'TRIM_HORIZON',
      ...input,
    }),
  )
  return ShardIterator
}

export const get = (ShardIterator: string | undefined, Limit?: number) =>
  client.send(new GetRecordsCommand({ ShardIterator, Limit }))

export const texts = ({ Records = [] }: Pick<GetRecordsCommandOutput, 'Records'>) =>
  Records.map(({ Data = new Uint8Array() }) => Buffer.from(Data).toString())

export const codes = ({ Records = [] }: Pick<PutRecordsCommandOutput, 'Records'>) =>
  Records.map(({ ErrorCode }) => ErrorCode ?? 'stored')

export const stored = (name = 'readings') =>
  engine.records(name).map(({ data }) => Buffer.from(data).toString())

export const repeat = (count: number, size = 1) =>
  Array.from({ length: count }, () => [keyOfFirst, 'x'.repeat(size)] as const)
