import { createServer, type IncomingMessage } from 'node:http'
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

/** Lambda's API for event source mappings, with one of them. */
export interface LambdaServer {
  readonly endpoint: string
  readonly uuid: string
  readonly mapping: ServedMapping
  readonly tags: Record<string, string>
  /** The requests that came, by method and path. */
  readonly requests: string[]
  /** Ends a change that is under way; until then the mapping is between two states. */
  settle(): void
  /** How many requests are refused with `TooManyRequestsException`. */
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
 * Serves Lambda's REST API (2015-03-31, tags 2017-03-31) on loopback: a change puts the mapping between two states, in
 * which another change is refused with `ResourceInUseException`.
 */
export async function startLambdaServer(change: Partial<ServedMapping> = {}): Promise<LambdaServer> {
  const mapping: ServedMapping = {
    State: 'Enabled',
    ScalingConfig: { MaximumConcurrency: 20 },
    EventSourceArn: 'arn:aws:sqs:us-east-1:000000000000:orders',
    FunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:write',
    ...change,
  }
  const tags: Record<string, string> = {}
  const requests: string[] = []
  let target = mapping.State

  const shown = () => ({ UUID: uuid, EventSourceMappingArn: arn, ...mapping })

  function update({ Enabled, ScalingConfig }: Record<string, unknown>): object {
    if (mapping.State !== target) {
      throw new ApiError(400, 'ResourceInUseException', `The mapping is in the state ${mapping.State}.`)
    }
    const limit = (ScalingConfig as ServedMapping['ScalingConfig'])?.MaximumConcurrency
    if (limit !== undefined && (limit < 2 || limit > 1000)) {
      throw new ApiError(400, 'InvalidParameterValueException', 'MaximumConcurrency must be from 2 to 1000.')
    }
    if (limit !== undefined && mapping.ProvisionedPollerConfig !== undefined) {
      throw new ApiError(
        400,
        'InvalidParameterValueException',
        'Provisioned pollers exclude MaximumConcurrency.',
      )
    }
    if (ScalingConfig !== undefined) {
      if (limit === undefined) delete mapping.ScalingConfig
      else mapping.ScalingConfig = { MaximumConcurrency: limit }
    }
    if (typeof Enabled === 'boolean') target = Enabled ? 'Enabled' : 'Disabled'
    const between = target === 'Enabled' ? 'Enabling' : 'Disabling'
    mapping.State = target === mapping.State ? 'Updating' : between
    return shown()
  }

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
      const matches =
        url.searchParams.get('EventSourceArn') === mapping.EventSourceArn &&
        mapping.FunctionArn.endsWith(`:${url.searchParams.get('FunctionName')}`)
      return { EventSourceMappings: matches ? [shown()] : [] }
    }
    if (path === `/2015-03-31/event-source-mappings/${uuid}`) {
      return request.method === 'PUT' ? update(body) : shown()
    }
    if (path === `/2017-03-31/tags/${arn}`) {
      if (request.method === 'GET') return { Tags: tags }
      for (const [name, value] of Object.entries(body.Tags as Record<string, string>)) {
        if (!isTag(name, 128) || !isTag(value, 256)) {
          throw new ApiError(
            400,
            'InvalidParameterValueException',
            'A tag has a character that no tag may have.',
          )
        }
        tags[name] = value
      }
      return undefined
    }
    throw new ApiError(404, 'ResourceNotFoundException', 'The resource you requested does not exist.')
  }

  const http = createServer(async (request, response) => {
    try {
      const body = await answer(request)
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
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const server: LambdaServer = {
    endpoint: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    uuid,
    mapping,
    tags,
    requests,
    throttles: 0,
    settle() {
      mapping.State = target
    },
    stop: () =>
      new Promise((resolve) => {
        http.close(() => resolve())
        http.closeAllConnections()
      }),
  }
  return server
}

/** "Tag naming and usage limits and requirements" of AWS. */
function isTag(value: string, length: number): boolean {
  return value.length <= length && /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(value)
}
