import { KinesisClient } from '@aws-sdk/client-kinesis'
import middy from '@middy/core'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { type OnPut, type StreamEngine, startStreams } from '@spillway/local/testing'
import type { RecordSource, TimeLimit } from '@spillway/message'
import type { Context, KinesisStreamEvent } from 'aws-lambda'
import { type KinesisSourceOptions, kinesisSource } from '../index.ts'

/** An embedded Kinesis and a client of the SDK. */
export interface TestStreams {
  readonly engine: StreamEngine
  readonly client: KinesisClient
  /** The fault of the next puts; the test sets it. */
  onPut: OnPut | undefined
  /** How many puts came. */
  readonly puts: number
  /** Moves the clock of the streams. */
  skip(ms: number): void
  /** The data of the records of a stream, shard by shard. */
  texts(name: string): readonly string[]
  stop(): Promise<void>
}

/** Options of {@link startTestStreams}. */
export interface TestStreamsOptions {
  /** Whether the limits of the shards apply, on a clock that only `skip` moves. Default: each put is in a new second. */
  readonly limited?: boolean
  /** Whether each request has its own connection, so that a broken one does not fail other requests. Default: HTTP/2. */
  readonly http1?: boolean
}

/** Starts streams. */
export async function startTestStreams(
  streams: readonly {
    readonly name: string
    readonly shards: number
    readonly maxRecordSizeInKiB?: number
  }[],
  { limited = false, http1 = false }: TestStreamsOptions = {},
): Promise<TestStreams> {
  const startedAt = Date.now()
  let skipped = 0
  let puts = 0
  const engine = await startStreams({
    streams,
    clock: { now: () => (limited ? startedAt : Date.now()) + skipped },
    onPut(call) {
      puts++
      if (!limited) skipped += 1100
      return started.onPut?.(call)
    },
  })
  const client = new KinesisClient({
    endpoint: engine.endpoint,
    region: engine.region,
    maxAttempts: 1,
    ...(http1 && { requestHandler: new NodeHttpHandler() }),
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
  })
  const started: TestStreams = {
    engine,
    client,
    onPut: undefined,
    get puts() {
      return puts
    },
    skip(ms) {
      skipped += ms
    },
    texts: (name) => engine.records(name).map(({ data }) => Buffer.from(data).toString()),
    async stop() {
      client.destroy()
      await engine.stop()
    },
  }
  return started
}

/** A limit with plenty of time. */
export function ample(): TimeLimit {
  return { signal: new AbortController().signal, remainingTime: () => 60_000 }
}

/** A clock whose sleeps end at once. */
export const hasty = { now: () => Date.now(), sleep: async () => undefined }

/** The source that the middleware puts on an event. */
export async function sourceOf(
  event: KinesisStreamEvent,
  options: KinesisSourceOptions,
): Promise<RecordSource> {
  const handler = middy()
    .use(kinesisSource(options))
    .handler((event) => event.source)
  return (await handler(event as never, {} as Context)) as RecordSource
}
