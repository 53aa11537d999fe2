import type { InvocationResult } from '../functions/index.ts'

/** A response, ready to be written. */
export interface GatewayResponse {
  readonly status: number
  /** Names and values in turn. */
  readonly headers: readonly string[]
  readonly body: string | Buffer
  /** Why this is not what the function returned. */
  readonly problem?: string
}

/** A response of the gateway's own. */
export function gatewayError(status: number, message: string): GatewayResponse {
  return { status, headers: ['content-type', 'application/json'], body: JSON.stringify({ message }) }
}

/** What the gateway answers when a function gave no proper response. */
export const internalServerError: GatewayResponse = gatewayError(500, 'Internal Server Error')
/** What it answers when the function is throttled or takes too long. */
export const serviceUnavailable: GatewayResponse = gatewayError(503, 'Service Unavailable')
/** What it answers to a body of more than 10 MB, or an event of more than 6 MB. */
export const requestTooLarge: GatewayResponse = gatewayError(413, 'Request Entity Too Large')
/** What it answers without a route. */
export const notFound: GatewayResponse = gatewayError(404, 'Not Found')
/** What it answers to a request that it cannot read. */
export const badRequest: GatewayResponse = gatewayError(400, 'Bad Request')

/**
 * The response for the end of an invocation, by the rules of payload format 2.0: an object with a `statusCode` is
 * taken apart, anything else is the body of a 200.
 */
export function toResponse(result: InvocationResult): GatewayResponse {
  if (result.ok) return fromPayload(result.payload)
  if (result.error.errorType === 'RequestTooLarge') return requestTooLarge
  return result.kind === 'throttle' ? serviceUnavailable : internalServerError
}

function fromPayload(payload: unknown): GatewayResponse {
  if (!isRecord(payload) || payload.statusCode === undefined) {
    const body = typeof payload === 'string' ? payload : JSON.stringify(payload ?? null)
    return { status: 200, headers: ['content-type', 'application/json'], body }
  }
  const status = toStatus(payload.statusCode)
  if (status === undefined) return malformed('statusCode is not a number from 200 to 599')
  const headers = toHeaders(payload.headers ?? {}, payload.cookies ?? [])
  if (headers === undefined) return malformed('a header or a cookie is not one that HTTP allows')
  const body = payload.body ?? ''
  if (typeof body !== 'string') return malformed('body is not a string')
  return { status, headers, body: payload.isBase64Encoded === true ? Buffer.from(body, 'base64') : body }
}

function malformed(problem: string): GatewayResponse {
  return { ...internalServerError, problem }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function toStatus(value: unknown): number | undefined {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value
  return Number.isInteger(status) && Number(status) >= 200 && Number(status) <= 599
    ? Number(status)
    : undefined
}

// The gateway frames the response itself.
const ownHeaders = new Set([
  'apigw-requestid',
  'connection',
  'content-length',
  'keep-alive',
  'transfer-encoding',
])
const validName = /^[!#$%&'*+.^_`|~0-9a-z-]+$/
const invalidValue = /[^\t\x20-\x7e\x80-\xff]/

function toHeaders(headers: unknown, cookies: unknown): string[] | undefined {
  if (!isRecord(headers) || !Array.isArray(cookies)) return undefined
  const list: string[] = []
  let hasType = false
  for (const [key, value] of Object.entries(headers)) {
    const name = key.toLowerCase()
    if (ownHeaders.has(name)) continue
    if (typeof value === 'object' || !validName.test(name) || invalidValue.test(String(value)))
      return undefined
    hasType ||= name === 'content-type'
    list.push(name, String(value))
  }
  for (const cookie of cookies) {
    if (typeof cookie !== 'string' || invalidValue.test(cookie)) return undefined
    list.push('set-cookie', cookie)
  }
  if (!hasType) list.push('content-type', 'text/plain;charset=utf-8')
  return list
}
