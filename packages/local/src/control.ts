import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import type { App } from '@spillway/planner'
import { Hono } from 'hono'
import { host, listen } from './listen.ts'
import type { QueueEngine } from './queues/index.ts'
import type { LocalState } from './state.ts'
import type { StreamEngine } from './streams/index.ts'

/** The control server of a running app. */
export interface Control {
  readonly port: number
  readonly url: string
  stop(): Promise<void>
}

/** What {@link startControl} takes. */
export interface ControlOptions {
  /** 0 chooses a free port. */
  readonly port: number
  readonly app: App
  readonly queues: QueueEngine
  readonly streams: StreamEngine | undefined
  state(): Promise<LocalState>
}

/**
 * The response of `GET /api/endpoints`: the endpoints at which an SDK client reaches the queues and streams of the app.
 */
export interface LocalEndpoints {
  readonly region: string
  readonly sqs: string
  /** `null` for an app without streams. */
  readonly kinesis: string | null
  readonly queues: readonly {
    readonly name: string
    readonly url: string
    /** The name of its dead-letter queue. */
    readonly deadLetterQueue: string | null
  }[]
  readonly streams: readonly string[]
}

/** The most records of a stream in a response: the newest of each shard. */
const mostRecords = 100

/**
 * Serves the state of an app on loopback: `GET /api/state`, `GET /api/endpoints`, `GET /api/queues/{name}/messages` and
 * `GET /api/streams/{name}/records`.
 */
export async function startControl({ port, app, queues, streams, state }: ControlOptions): Promise<Control> {
  const api = new Hono()
  api.use(async (context, next) => {
    // Rejects other host names, so that a web page cannot read this through a name that resolves to loopback (DNS
    // rebinding).
    const { hostname } = new URL(context.req.url)
    if (![host, 'localhost'].includes(hostname)) return context.json({ message: 'Forbidden' }, 403)
    return next()
  })
  api.get('/', (context) =>
    context.json({
      app: app.name,
      endpoints: [
        '/api/state',
        '/api/endpoints',
        '/api/queues/{name}/messages',
        '/api/streams/{name}/records',
      ],
    }),
  )
  api.get('/api/state', async (context) => context.json(await state()))
  api.get('/api/endpoints', (context) => context.json(readEndpoints({ app, queues, streams })))
  api.get('/api/queues/:name/messages', async (context) => {
    const name = context.req.param('name')
    if (!app.queues.some((queue) => queue.name === name)) {
      return context.json({ message: `There is no queue '${name}'.` }, 404)
    }
    return context.json({ messages: await queues.messages(name) })
  })
  api.get('/api/streams/:name/records', (context) => {
    const name = context.req.param('name')
    if (streams === undefined || !app.streams.some((stream) => stream.name === name)) {
      return context.json({ message: `There is no stream '${name}'.` }, 404)
    }
    return context.json({ records: newestRecords(streams, name) })
  })
  const server = createAdaptorServer({ fetch: api.fetch }) as Server
  const actual = await listen(server, port)
  return {
    port: actual,
    url: `http://${host}:${actual}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function readEndpoints({
  app,
  queues,
  streams,
}: Pick<ControlOptions, 'app' | 'queues' | 'streams'>): LocalEndpoints {
  const { region, endpoint: sqs } = queues
  return {
    region,
    sqs,
    kinesis: streams?.endpoint ?? null,
    queues: app.queues.map(({ name, deadLetterQueue }) => ({
      name,
      url: queues.queueUrl(name),
      deadLetterQueue: deadLetterQueue ?? null,
    })),
    streams: app.streams.map(({ name }) => name),
  }
}

function newestRecords(streams: StreamEngine, name: string): readonly object[] {
  const shards = Map.groupBy(streams.records(name), ({ shardId }) => shardId)
  return [...shards.values()].flatMap((records) =>
    records
      .slice(-mostRecords)
      .map(({ data, ...record }) => ({ ...record, data: Buffer.from(data).toString('base64') })),
  )
}
