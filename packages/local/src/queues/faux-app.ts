import { randomUUID } from 'node:crypto'
import { SpillwayError } from '@spillway/message'
import type { buildApp } from 'fauxqs'
import { requireNode } from '../require-node.ts'

/** The HTTP application of fauxqs, before it listens. */
export type FauxApp = ReturnType<typeof buildApp>

/** fauxqs, with private functions for this package. */
export interface Faux {
  readonly app: FauxApp
  /**
   * Runs an SQS action as a client would, or, when `uncorrected`, without the corrections of this package.
   *
   * @throws SpillwayError `SPILLWAY_START_FAILED` when SQS rejects the action.
   */
  call(action: string, body: object, options?: { readonly uncorrected: boolean }): Promise<unknown>
  /** Runs an SQS action that SQS may reject. */
  tryCall(action: string, body: object): Promise<FauxAnswer>
  /** Whether a request is an `uncorrected` {@link Faux.call}. */
  isUncorrected(request: FauxHeaders): boolean
  /** Whether a request comes from {@link Faux.call} or {@link Faux.tryCall}, not from a client. */
  isOwn(request: FauxHeaders): boolean
  /** Reads one of the inspection pages of fauxqs, under `/_fauxqs/`. */
  inspect(page: string): Promise<unknown>
}

/** The part of a request that identifies its sender. */
interface FauxHeaders {
  readonly headers: Readonly<Record<string, unknown>>
}

/** The response to an action. */
export interface FauxAnswer {
  readonly ok: boolean
  /** The response, or the error with its name in `__type`. */
  readonly body: unknown
}

const json = 'application/x-amz-json-1.0'
const loopbackHost = /^(127\.0\.0\.1|localhost)(:\d+)?$/

/**
 * Builds fauxqs so that clients can only reach SQS.
 *
 * @throws SpillwayError `SPILLWAY_START_FAILED` on a Node that is too old.
 */
export async function createFaux(region: string): Promise<Faux> {
  requireNode()
  // fauxqs imports `node:sqlite`. With a static import an older Node would fail before the check above.
  const { buildApp } = await import('fauxqs')
  const app = buildApp({ logger: false, defaultRegion: region })
  const token = randomUUID()

  // fauxqs also serves SNS, S3 and its inspection pages. SNS accepts form posts, which any web page may send to a
  // loopback port. The host is checked against DNS rebinding: the name of a web page may resolve to 127.0.0.1.
  app.addHook('onRequest', async (request, reply) => {
    if (request.headers['x-spillway-token'] === token) return undefined
    const isSqs = request.method === 'POST' && request.headers['content-type'] === json
    if (isSqs && loopbackHost.test(request.headers.host ?? '')) return undefined
    return reply.code(404).send()
  })

  function inject(action: string, body: object, uncorrected: boolean) {
    return app.inject({
      method: 'POST',
      url: '/',
      headers: {
        'content-type': json,
        'x-amz-target': `AmazonSQS.${action}`,
        'x-spillway-token': token,
        ...(uncorrected && { 'x-spillway-uncorrected': token }),
      },
      payload: JSON.stringify(body),
    })
  }

  return {
    app,
    isUncorrected: ({ headers }) => headers['x-spillway-uncorrected'] === token,
    isOwn: ({ headers }) => headers['x-spillway-token'] === token,
    async call(action, body, options) {
      const response = await inject(action, body, options?.uncorrected === true)
      if (response.statusCode !== 200) {
        throw new SpillwayError('SPILLWAY_START_FAILED', `The local SQS rejected ${action}: ${response.body}`)
      }
      return response.json()
    },
    async tryCall(action, body) {
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
