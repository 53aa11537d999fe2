import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import type { App } from '@spillway/planner'
import { Hono } from 'hono'
import { host, listen } from './listen.ts'
import type { QueueEngine } from './queues/index.ts'
import type { LocalState } from './state.ts'

/** The control server of a running app. */
export interface Control {
  readonly port: number
  readonly url: string
  stop(): Promise<void>
}

/** What {@link startControl} takes. */
export interface ControlOptions {
  /** 0 is any free port. */
  readonly port: number
  readonly app: App
  readonly queues: QueueEngine
  state(): Promise<LocalState>
}

/** Serves the state of an app on loopback: `GET /api/state` and `GET /api/queues/{name}/messages`. */
export async function startControl({ port, app, queues, state }: ControlOptions): Promise<Control> {
  const api = new Hono()
  api.use(async (context, next) => {
    // A page in the developer's browser must not read this through a host name that it points at loopback.
    const { hostname } = new URL(context.req.url)
    if (![host, 'localhost'].includes(hostname)) return context.json({ message: 'Forbidden' }, 403)
    return next()
  })
  api.get('/', (context) =>
    context.json({ app: app.name, endpoints: ['/api/state', '/api/queues/{name}/messages'] }),
  )
  api.get('/api/state', async (context) => context.json(await state()))
  api.get('/api/queues/:name/messages', async (context) => {
    const name = context.req.param('name')
    if (!app.queues.some((queue) => queue.name === name)) {
      return context.json({ message: `There is no queue '${name}'.` }, 404)
    }
    return context.json({ messages: await queues.messages(name) })
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
