import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { InvocationResult } from '../functions/index.ts'
import { host, listen } from '../listen.ts'
import { readBody } from './body.ts'
import { toEvent } from './event.ts'
import { requestId } from './request-id.ts'
import {
  badRequest,
  type GatewayResponse,
  internalServerError,
  notFound,
  requestTooLarge,
  serviceUnavailable,
  toResponse,
} from './response.ts'
import { createRouter } from './router.ts'
import type { Gateway, GatewayOptions, GatewayProblem } from './types.ts'

/** Milliseconds that `stop` waits for the requests in progress. */
const grace = 1000

/**
 * Starts an HTTP API of API Gateway on the loopback interface, with Lambda proxy integrations.
 *
 * @throws SpillwayError `SPILLWAY_PORT_IN_USE`, or `SPILLWAY_START_FAILED` when it cannot listen on the port.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const handle = createHandler(options)
  let running = 0
  let onIdle: (() => void) | undefined

  function serve(request: IncomingMessage, response: ServerResponse): void {
    const id = requestId()
    running += 1
    response.on('close', () => {
      running -= 1
      if (running === 0) onIdle?.()
    })
    // A client that disconnects is not an error of the gateway.
    request.on('error', () => undefined)
    response.on('error', () => undefined)
    handle(request, id).then(
      (answer) => send(response, answer, id),
      () => send(response, internalServerError, id),
    )
  }

  const server = createServer(serve)
  // Longer than load generators keep an idle connection, so that the server closes none while a request arrives.
  server.keepAliveTimeout = 75_000
  const port = await listen(server, options.port)

  let stopped: Promise<void> | undefined
  async function stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    if (running > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, grace)
        onIdle = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    server.closeAllConnections()
    await closed
  }

  return {
    port,
    url: `http://${host}:${port}`,
    stop() {
      stopped ??= stop()
      return stopped
    },
  }
}

/** Creates the request handler. It resolves with `undefined` when the client has disconnected. */
function createHandler({ routes, onProblem, integrationTimeout = 30_000 }: GatewayOptions) {
  const findRoute = createRouter(routes)

  return async function handle(request: IncomingMessage, id: string): Promise<GatewayResponse | undefined> {
    const { method = 'GET', url = '/' } = request
    if (!url.startsWith('/')) return badRequest
    const mark = url.indexOf('?')
    const path = mark === -1 ? url : url.slice(0, mark)
    const query = mark === -1 ? '' : url.slice(mark + 1)
    const match = findRoute(method, path)
    if (match === undefined) return notFound
    const body = await readBody(request)
    if (body === 'too large') return requestTooLarge
    if (body === 'aborted') return undefined
    const event = toEvent({ request, match, path, query, body, requestId: id })
    const fn = match.route.function
    const report = (code: GatewayProblem['code'], what: string) => {
      const message = `${what}; request ${match.routeKey}, apigw-requestid ${id}`
      onProblem?.({ function: fn.name, code, message })
    }
    try {
      const result = await withTimeout(fn.invoke(event), integrationTimeout)
      if (result === undefined) {
        report('integration-timeout', `answered 503: no response after ${integrationTimeout / 1000} seconds`)
        return serviceUnavailable
      }
      const response = toResponse(result)
      if (response.problem !== undefined) {
        report('response-malformed', `answered 500 because the response is malformed: ${response.problem}`)
      }
      return response
    } catch (error) {
      report('gateway-failed', `answered 500: ${String(error)}`)
      throw error
    }
  }
}

function send(response: ServerResponse, answer: GatewayResponse | undefined, id: string): void {
  if (answer === undefined || response.destroyed) {
    response.destroy()
    return
  }
  const { status, headers, body } = answer
  const length = status === 204 || status === 304 ? [] : ['content-length', String(Buffer.byteLength(body))]
  response.writeHead(status, [...headers, ...length, 'apigw-requestid', id])
  response.end(body)
}

/** Resolves with `undefined` after the time-out. */
function withTimeout(
  invocation: Promise<InvocationResult>,
  milliseconds: number,
): Promise<InvocationResult | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), milliseconds)
    invocation.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
