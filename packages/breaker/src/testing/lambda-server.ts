import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** A mapping as the API shows it ("EventSourceMappingConfiguration" of the Lambda API reference). */
export interface ServedMapping {
  State: string
  ScalingConfig?: { MaximumConcurrency?: number }
  ProvisionedPollerConfig?: { MinimumPollers: number; MaximumPollers: number }
  EventSourceArn: string
  FunctionArn: string
}

/** A server with Lambda's API for event source mappings. It has one mapping. */
export interface LambdaServer {
  readonly endpoint: string
  readonly uuid: string
  readonly mapping: ServedMapping
  readonly tags: Record<string, string>
  /** The requests received, by method and path. */
  readonly requests: string[]
  /** Completes the change in progress; until then the mapping is between two states. */
  settle(): void
  /** How many of the next requests are rejected with `TooManyRequestsException`. */
  throttles: number
  stop(): Promise<void>
}

const uuid = '14e0db71-5d35-4eb5-b481-8945cf9d10c2'
const arn = `arn:aws:lambda:us-east-1:000000000000:event-source-mapping:${uuid}`

class ApiError extends Error {
  override readonly name: string
  readonly status: number

  constructor(status: number, name: string, message: string) {
    super(message)
    this.status = status
    this.name = name
  }
}

/**
 * Serves Lambda's REST API (2015-03-31, tags 2017-03-31) on loopback. A change puts the mapping between two states, in
 * which another change is rejected with `ResourceInUseException`.
 */
export async function startLambdaServer(change: Partial<ServedMapping> = {}): Promise<LambdaServer> {
  const served = serveMapping(change)
  const requests: string[] = []

  async function answer(request: IncomingMessage): Promise<object | undefined> {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const path = decodeURIComponent(url.pathname)
    requests.push(`${request.method} ${path}`)
    if (server.throttles > 0) {
      server.throttles -= 1
      throw new ApiError(429, 'TooManyRequestsException', 'Rate exceeded')
    }
    const sent = await text(request)
    const body = sent === '' ? {} : JSON.parse(sent)
    if (path === '/2015-03-31/event-source-mappings/' || path === '/2015-03-31/event-source-mappings') {
      return served.list(url.searchParams)
    }
    if (path === `/2015-03-31/event-source-mappings/${uuid}`) {
      return request.method === 'PUT' ? served.update(body) : served.shown()
    }
    if (path === `/2017-03-31/tags/${arn}`) {
      return request.method === 'GET' ? { Tags: served.tags } : served.tag(body.Tags)
    }
    throw new ApiError(404, 'ResourceNotFoundException', 'The resource you requested does not exist.')
  }

  const http = createServer((request, response) => void respond(response, () => answer(request)))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const server: LambdaServer = {
    endpoint: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    uuid,
    mapping: served.mapping,
    tags: served.tags,
    requests,
    throttles: 0,
    settle: served.settle,
    stop: () =>
      new Promise((resolve) => {
        http.close(() => resolve())
        http.closeAllConnections()
      }),
  }
  return server
}

async function respond(response: ServerResponse, answer: () => Promise<object | undefined>): Promise<void> {
  try {
    const body = await answer()
    response.writeHead(body === undefined ? 204 : 200, { 'content-type': 'application/json' })
    response.end(body && JSON.stringify(body))
  } catch (thrown) {
    const error = thrown as ApiError
    response.writeHead(error.status ?? 500, {
      'content-type': 'application/json',
      'x-amzn-errortype': error.name,
    })
    response.end(JSON.stringify({ Type: 'User', message: error.message }))
  }
}

/** One mapping and its tags, with the operations of the API. */
function serveMapping(change: Partial<ServedMapping>) {
  const mapping: ServedMapping = {
    State: 'Enabled',
    ScalingConfig: { MaximumConcurrency: 20 },
    EventSourceArn: 'arn:aws:sqs:us-east-1:000000000000:orders',
    FunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:write',
    ...change,
  }
  const tags: Record<string, string> = {}
  let target = mapping.State

  const shown = () => ({ UUID: uuid, EventSourceMappingArn: arn, ...mapping })

  function update({ Enabled, ScalingConfig }: Record<string, unknown>): object {
    if (mapping.State !== target) {
      throw new ApiError(400, 'ResourceInUseException', `The mapping is in the state ${mapping.State}.`)
    }
    const limit = (ScalingConfig as ServedMapping['ScalingConfig'])?.MaximumConcurrency
    if (limit !== undefined) checkMaximumConcurrency(limit, mapping)
    if (ScalingConfig !== undefined) {
      if (limit === undefined) delete mapping.ScalingConfig
      else mapping.ScalingConfig = { MaximumConcurrency: limit }
    }
    if (typeof Enabled === 'boolean') target = Enabled ? 'Enabled' : 'Disabled'
    const between = target === 'Enabled' ? 'Enabling' : 'Disabling'
    mapping.State = target === mapping.State ? 'Updating' : between
    return shown()
  }

  function list(query: URLSearchParams): object {
    const matches =
      query.get('EventSourceArn') === mapping.EventSourceArn &&
      mapping.FunctionArn.endsWith(`:${query.get('FunctionName')}`)
    return { EventSourceMappings: matches ? [shown()] : [] }
  }

  function tag(added: Readonly<Record<string, string>>): undefined {
    for (const [name, value] of Object.entries(added)) {
      if (!isTag(name, 128) || !isTag(value, 256)) throw invalid('A tag has an invalid character.')
      tags[name] = value
    }
  }

  function settle(): void {
    mapping.State = target
  }

  return { mapping, tags, shown, update, list, tag, settle }
}

function checkMaximumConcurrency(limit: number, { ProvisionedPollerConfig }: ServedMapping): void {
  if (limit < 2 || limit > 1000) throw invalid('MaximumConcurrency must be from 2 to 1000.')
  if (ProvisionedPollerConfig !== undefined) throw invalid('Provisioned pollers exclude MaximumConcurrency.')
}

function invalid(message: string): ApiError {
  return new ApiError(400, 'InvalidParameterValueException', message)
}

/** "Tag naming and usage limits and requirements" of AWS. */
function isTag(value: string, length: number): boolean {
  return value.length <= length && /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(value)
}
