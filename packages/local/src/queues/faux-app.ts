import { randomUUID } from 'node:crypto'
import { SpillwayError } from '@spillway/message'
import type { buildApp } from 'fauxqs'
import { requireNode } from '../require-node.ts'

/** The HTTP application of fauxqs, before it listens. */
export type FauxApp = ReturnType<typeof buildApp>

/** fauxqs with a private way in. */
export interface Faux {
  readonly app: FauxApp
  /**
   * Runs an SQS action as a client would, or `behind` what stands before fauxqs.
   *
   * @throws SpillwayError `SPILLWAY_START_FAILED` when it is refused
   */
  call(action: string, body: object, options?: { readonly behind: boolean }): Promise<unknown>
  /** The same, for an action that may be refused. */
  ask(action: string, body: object): Promise<FauxAnswer>
  /** Whether a request is a {@link Faux.call} `behind`. */
  isBehind(request: FauxHeaders): boolean
  /** Whether a request is one of these, and of no client. */
  isOwn(request: FauxHeaders): boolean
  /** Reads one of the inspection pages of fauxqs, under `/_fauxqs/`. */
  inspect(page: string): Promise<unknown>
}

/** A request, as far as it says who has sent it. */
interface FauxHeaders {
  readonly headers: Readonly<Record<string, unknown>>
}

/** The answer to an action. */
export interface FauxAnswer {
  readonly ok: boolean
  /** The answer, or the error with its name in `__type`. */
  readonly body: unknown
}

const json = 'application/x-amz-json-1.0'
const loopbackHost = /^(127\.0\.0\.1|localhost)(:\d+)?$/

/**
 * Builds fauxqs so that nothing but SQS can be reached from outside.
 *
 * @throws SpillwayError `SPILLWAY_START_FAILED` on a Node that is too old.
 */
export async function createFaux(region: string): Promise<Faux> {
  requireNode()
  // It imports `node:sqlite`: a static import would fail on an older Node before anything can say why.
  const { buildApp } = await import('fauxqs')
  const app = buildApp({ logger: false, defaultRegion: region })
  const token = randomUUID()

  // fauxqs serves SNS, S3 and its inspection pages too. SNS takes form posts, which any web page may send
  // to a loopback port, and the check of the host keeps out a page whose name was rebound to 127.0.0.1.
  app.addHook('onRequest', async (request, reply) => {
    if (request.headers['x-spillway-token'] === token) return undefined
    const isSqs = request.method === 'POST' && request.headers['content-type'] === json
    if (isSqs && loopbackHost.test(request.headers.host ?? '')) return undefined
    return reply.code(404).send()
  })

  function inject(action: string, body: object, behind: boolean) {
    return app.inject({
      method: 'POST',
      url: '/',
      headers: {
        'content-type': json,
        'x-amz-target': `AmazonSQS.${action}`,
        'x-spillway-token': token,
        ...(behind && { 'x-spillway-behind': token }),
      },
      payload: JSON.stringify(body),
    })
  }

  return {
    app,
    isBehind: ({ headers }) => headers['x-spillway-behind'] === token,
    isOwn: ({ headers }) => headers['x-spillway-token'] === token,
    async call(action, body, options) {
      const response = await inject(action, body, options?.behind === true)
      if (response.statusCode !== 200) {
        throw new SpillwayError('SPILLWAY_START_FAILED', `The local SQS refused ${action}: ${response.body}`)
      }
      return response.json()
    },
    async ask(action, body) {
      const response = await inject(action, body, false)
      return { ok: response.statusCode === 200, body: response.json() }
    },
    async inspect(page) {
      const headers = { 'x-spillway-token': token }
      const response = await app.inject({ method: 'GET', url: `/_fauxqs/${page}`, headers })
      return response.json()
    },
  }
}
