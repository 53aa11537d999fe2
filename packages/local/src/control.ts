import { createAdaptorServer } from '@hono/node-server'
import type { App } from '@spillway/planner'
import { Hono } from 'hono'
import { listen } from './listen.ts'
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
    const host = new URL(context.req.url).hostname
    if (!['127.0.0.1', 'localhost'].includes(host)) return context.json({ message: 'Forbidden' }, 403)
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
  const server = createAdaptorServer({ fetch: api.fetch })
  return listen(server, port)
}
