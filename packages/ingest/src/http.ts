import type { TimeLimit } from '@spillway/message'

/** The parts of an HTTP event that the middlewares read; API Gateway, Function URLs and ALB have them all. */
export interface HttpEvent {
  readonly headers?: Readonly<Record<string, string | undefined>> | null
  /** Text as it came, or what a body parser made of it. */
  readonly body?: unknown
  readonly isBase64Encoded?: boolean
}

/** A response that API Gateway, Function URLs and ALB understand. */
export interface HttpResponse {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The part of Lambda's context that the middlewares read. */
export interface HttpContext {
  getRemainingTimeInMillis(): number
}

/** A header by its lower-case name, whatever case it came in. */
export function header(event: HttpEvent, name: string): string | undefined {
  const { headers } = event
  if (headers === undefined || headers === null) return undefined
  if (Object.hasOwn(headers, name)) return headers[name]
  const found = Object.keys(headers).find((key) => key.toLowerCase() === name)
  return found === undefined ? undefined : headers[found]
}

/** API Gateway answers 503 in our place after 30 s (HTTP API) or 29 s (REST API), whatever the function's time-out. */
const gatewayMs = 28_000

/** The time that is left for a request. */
export function requestLimit(context: HttpContext, startedAt: number, now: () => number): TimeLimit {
  const remainingTime = () => Math.min(context.getRemainingTimeInMillis(), startedAt + gatewayMs - now())
  return { signal: AbortSignal.timeout(Math.max(0, Math.floor(remainingTime()))), remainingTime }
}
