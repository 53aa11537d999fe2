import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { readHeaders } from './request-headers.ts'
import { type RouteMatch, toRecord } from './router.ts'

/** What {@link toEvent} takes. */
export interface EventSource {
  readonly request: IncomingMessage
  readonly match: RouteMatch
  /** As sent, not decoded. */
  readonly path: string
  /** Without the question mark. */
  readonly query: string
  readonly body: Buffer
  readonly requestId: string
}

/**
 * Creates the event of a request: payload format 2.0 (API Gateway, "Create AWS Lambda proxy integrations for HTTP APIs
 * in API Gateway").
 */
export function toEvent({ request, match, path, query, body, requestId }: EventSource): object {
  const { headers, cookies } = readHeaders(request)
  const now = Date.now()
  const sourceIp = request.socket.remoteAddress ?? '127.0.0.1'
  const domainName = (headers.host ?? 'localhost').replace(/:\d+$/, '')
  const forwarded = headers['x-forwarded-for']
  headers['x-forwarded-for'] = forwarded === undefined ? sourceIp : `${forwarded}, ${sourceIp}`
  headers['x-forwarded-port'] = String(request.socket.localPort ?? '')
  headers['x-forwarded-proto'] = 'http'
  headers['x-amzn-trace-id'] ??= traceId(now)
  if (body.length > 0) headers['content-length'] = String(body.length)
  const isText = body.length === 0 || isTextual(headers)

  return {
    version: '2.0',
    routeKey: match.routeKey,
    rawPath: path,
    rawQueryString: query,
    ...(cookies.length === 0 ? {} : { cookies }),
    headers,
    ...(query === '' ? {} : { queryStringParameters: parseQuery(query) }),
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName,
      domainPrefix: domainName.split('.')[0],
      http: {
        method: request.method,
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId,
      routeKey: match.routeKey,
      stage: '$default',
      time: logTime(now),
      timeEpoch: now,
    },
    ...(match.pathParameters === undefined ? {} : { pathParameters: match.pathParameters }),
    ...(body.length === 0 ? {} : { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: !isText,
  }
}

const textualType =
  /^\s*(?:text\/[^;\s]+|application\/(?:json|javascript|xml|[^;\s]+\+(?:json|xml)))\s*(?:;|$)/i

function isTextual(headers: Readonly<Record<string, string>>): boolean {
  const encoding = headers['content-encoding'] ?? 'identity'
  return encoding === 'identity' && textualType.test(headers['content-type'] ?? '')
}

function parseQuery(query: string): Record<string, string> {
  const parameters = toRecord([])
  for (const [name, value] of new URLSearchParams(query)) {
    parameters[name] = name in parameters ? `${parameters[name]},${value}` : value
  }
  return parameters
}

function traceId(now: number): string {
  const random = randomUUID().replaceAll('-', '').slice(0, 24)
  return `Root=1-${Math.floor(now / 1000).toString(16)}-${random}`
}

/** The time in the Common Log Format: `12/Mar/2020:19:03:58 +0000`. */
function logTime(now: number): string {
  // `Thu, 12 Mar 2020 19:03:58 GMT`
  const [, day, month, year, time] = new Date(now).toUTCString().split(' ')
  return `${day}/${month}/${year}:${time} +0000`
}
