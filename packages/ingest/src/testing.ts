/**
 * Helpers for the tests of an app: requests as Lambda delivers them, and answers with their body read.
 *
 * @module
 */
import type { HttpContext, HttpEvent } from './http-event.ts'

/** A request, independent of the service that delivers it. */
export interface TestRequest {
  /** Default `POST`. */
  readonly method?: string
  /** As sent. Default `/`. */
  readonly path?: string
  /** Without the question mark, as sent. */
  readonly query?: string
  /** Default: `content-type: application/json`. A list is sent as several lines. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** A text is sent unchanged, bytes as base64, anything else as JSON. `undefined`: no body. */
  readonly body?: unknown
  /** What API Gateway finds in the path: decoded by an HTTP API, as sent by a REST API. */
  readonly pathParameters?: Readonly<Record<string, string>>
}

/** The event of an HTTP API of API Gateway, payload format 2.0. */
export function httpApiEvent(request: TestRequest = {}): HttpEvent {
  // API Gateway decodes the path of an HTTP API.
  const path = decodeLeniently(request.path ?? '/')
  return version2(
    { ...request, path },
    { routeKey: '$default', domainName: 'a1b2c3.execute-api.eu-west-1.amazonaws.com' },
  )
}

/** The event of a Lambda Function URL, which has payload format 2.0 as well. */
export function functionUrlEvent(request: TestRequest = {}): HttpEvent {
  const { pathParameters: _, ...rest } = request
  return version2(rest, { routeKey: '$default', domainName: 'a1b2c3.lambda-url.eu-west-1.on.aws' })
}

/**
 * The event of a REST API of API Gateway, which has payload format 1.0 but no `version`. Path parameters are as they
 * are in the URL.
 */
export function restApiEvent(request: TestRequest = {}): HttpEvent {
  const { method = 'POST', path = '/', query = '', pathParameters = null } = request
  const headers = linesOf(request)
  const parameters = [...new URLSearchParams(query)]
  const event = {
    resource: path,
    path,
    httpMethod: method,
    headers: lastOf(headers),
    multiValueHeaders: groupOf(headers),
    queryStringParameters: parameters.length === 0 ? null : lastOf(parameters),
    multiValueQueryStringParameters: parameters.length === 0 ? null : groupOf(parameters),
    pathParameters,
    requestContext: { requestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef', httpMethod: method, path },
    ...bodyOf(request, null),
  }
  return event
}

/** The event of an Application Load Balancer. */
export function albEvent(
  request: TestRequest = {},
  options: {
    /** Whether the target group has multi-value headers turned on. Default false. */
    readonly multiValueHeaders?: boolean
  } = {},
): HttpEvent {
  const { method = 'POST', path = '/', query = '' } = request
  const headers = linesOf(request).map(([name, value]) => [name.toLowerCase(), value] as const)
  // A load balancer does not decode the query.
  const parameters = query.split('&').flatMap((pair) => {
    const [name = '', ...value] = pair.split('=')
    return pair === '' ? [] : [[name, value.join('=')] as const]
  })
  const event = {
    requestContext: { elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:eu-west-1:0:targetgroup/a/1' } },
    httpMethod: method,
    path,
    ...(options.multiValueHeaders === true
      ? { multiValueHeaders: groupOf(headers), multiValueQueryStringParameters: groupOf(parameters) }
      : { headers: lastOf(headers), queryStringParameters: lastOf(parameters) }),
    ...bodyOf(request, ''),
  }
  return event
}

/** An answer with its body read. */
export interface TestAnswer {
  readonly status: number
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** What JSON says. */
  readonly body: unknown
}

/** Lambda's context, with three seconds left. */
export const testContext: HttpContext = Object.freeze({
  awsRequestId: '8f5c1f2e-9d0b-4a57-8f3b-2f1d6c7e9a01',
  getRemainingTimeInMillis: () => 3000,
})

/**
 * Invokes a handler as Lambda does, with a context of its own, and reads its answer.
 *
 * @throws TypeError when the answer is no response in JSON.
 */
export async function invoke(
  handler: (event: never, context: never) => unknown,
  event: HttpEvent,
  context: HttpContext = testContext,
): Promise<TestAnswer> {
  const response: unknown = await handler(event as never, { ...context } as never)
  const { statusCode, headers, multiValueHeaders, body } = (response ?? {}) as Record<string, unknown>
  if (typeof statusCode !== 'number' || typeof body !== 'string') {
    throw new TypeError('The handler did not answer with a statusCode and a body.')
  }
  const lines = Object.entries((multiValueHeaders ?? headers ?? {}) as Record<string, string | string[]>)
  return {
    status: statusCode,
    headers: Object.fromEntries(
      lines.map(([name, value]) => [name.toLowerCase(), [value].flat().join(', ')]),
    ),
    body: JSON.parse(body),
  }
}

function decodeLeniently(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

type Line = readonly [name: string, value: string]

function version2(request: TestRequest, context: { routeKey: string; domainName: string }): HttpEvent {
  const { method = 'POST', path = '/', query = '', pathParameters } = request
  const { cookie, ...headers } = joinedOf(
    linesOf(request).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const parameters = [...new URLSearchParams(query)]
  const event = {
    version: '2.0',
    routeKey: context.routeKey,
    rawPath: path,
    rawQueryString: query,
    headers,
    ...(cookie !== undefined && { cookies: cookie.split(/; ?/) }),
    ...(parameters.length > 0 && { queryStringParameters: joinedOf(parameters) }),
    ...(pathParameters !== undefined && { pathParameters }),
    requestContext: { ...context, http: { method, path }, requestId: 'JKJaXmPLvHcESHA=' },
    ...bodyOf(request, undefined),
  }
  return event
}

function linesOf({ headers = { 'content-type': 'application/json' } }: TestRequest): readonly Line[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().map((line) => [name, line as string] as const),
  )
}

function lastOf(lines: readonly Line[]): Record<string, string> {
  return Object.fromEntries(lines)
}

function groupOf(lines: readonly Line[]): Record<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const [name, value] of lines) {
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [value])
    else group.push(value)
  }
  return Object.fromEntries(groups)
}

function joinedOf(lines: readonly Line[]): Record<string, string> {
  return Object.fromEntries(Object.entries(groupOf(lines)).map(([name, values]) => [name, values.join(',')]))
}

function bodyOf({ body }: TestRequest, none: string | null | undefined) {
  if (body === undefined) return { ...(none !== undefined && { body: none }), isBase64Encoded: false }
  if (body instanceof Uint8Array) {
    return { body: Buffer.from(body).toString('base64'), isBase64Encoded: true }
  }
  return { body: typeof body === 'string' ? body : JSON.stringify(body), isBase64Encoded: false }
}
