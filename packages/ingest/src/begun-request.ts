import type { Clock } from '@spillway/message/internal'
import { createDeadline, type Deadline } from '@spillway/transport'
import type { HttpContext, HttpEvent } from './http-event.ts'

/** API Gateway itself answers 503 after 30 s (HTTP API) or 29 s (REST API), whatever the time-out of the function. */
const gatewayMs = 28_000

/** A request of middy: one object for all hooks of a chain. */
interface HttpRequest {
  readonly event: HttpEvent
  readonly context: HttpContext
}

/** What the middleware remembers of a request. The time-out of the gateway starts when the middleware first sees it. */
export interface BegunRequest {
  /** The key in its `Idempotency-Key` header; `undefined` without one, or where messages have keys of their own. */
  readonly idempotencyKey: string | undefined
  /** Milliseconds since the middleware first saw the request. */
  elapsed(): number
  /**
   * The deadline of the request. Call `end()` when the work is done.
   *
   * @param reserve milliseconds that are kept for the answer
   */
  deadline(reserve?: number): Deadline
}

/**
 * Remembers each request from the first call for it.
 *
 * @param readKey reads the `Idempotency-Key` header; throws when it is not a key
 */
export function rememberRequests(
  clock: Clock,
  readKey?: (event: HttpEvent) => string | undefined,
): (request: HttpRequest) => BegunRequest {
  const begun = new WeakMap<HttpRequest, BegunRequest>()

  function begin(request: HttpRequest): BegunRequest {
    const { event, context } = request
    const startedAt = clock.now()
    const elapsed = () => clock.now() - startedAt
    // Outside Lambda, in a container for example, the context may have no remaining time.
    const remainingTime = () =>
      Math.min(context.getRemainingTimeInMillis?.() ?? gatewayMs, gatewayMs - elapsed())
    const one: BegunRequest = {
      idempotencyKey: readKey?.(event),
      elapsed,
      deadline: (reserve) => createDeadline({ remainingTime }, { reserve }),
    }
    begun.set(request, one)
    return one
  }

  return (request) => begun.get(request) ?? begin(request)
}
