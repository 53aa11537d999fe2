import type { InvocationResult } from '../functions/index.ts'

/** A response, ready to be written. */
export interface GatewayResponse {
  readonly status: number
  /** Names and values, alternating. */
  readonly headers: readonly string[]
  readonly body: string | Buffer
  /** Why this response replaces the one that the function returned. */
  readonly problem?: string
}

/** A response of the gateway's own. */
export function gatewayError(status: number, message: string): GatewayResponse {
  return { status, headers: ['content-type', 'application/json'], body: JSON.stringify({ message }) }
}

/** The response when a function failed or returned an invalid response. */
export const internalServerError: GatewayResponse = gatewayError(500, 'Internal Server Error')
/** The response when the function is throttled or takes too long. */
export const serviceUnavailable: GatewayResponse = gatewayError(503, 'Service Unavailable')
/** The response to a body of more than 10 MB, or an event of more than 6 MB. */
export const requestTooLarge: GatewayResponse = gatewayError(413, 'Request Entity Too Large')
/** The response when no route matches. */
export const notFound: GatewayResponse = gatewayError(404, 'Not Found')
/** The response to a malformed request. */
export const badRequest: GatewayResponse = gatewayError(400, 'Bad Request')

/**
 * Turns the result of an invocation into a response, by the rules of payload format 2.0: an object with a `statusCode`
 * describes the response, and anything else is the body of a 200.
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
  if (headers === undefined) return malformed('HTTP does not allow one of the headers or cookies')
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

// The gateway sets these headers itself.
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
