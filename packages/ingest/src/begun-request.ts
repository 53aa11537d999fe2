import type { Clock } from '@spillway/message/internal'
import { createDeadline, type Deadline } from '@spillway/transport'
import type { HttpContext, HttpEvent } from './http-event.ts'

/** API Gateway answers 503 in our place after 30 s (HTTP API) or 29 s (REST API), whatever the function's time-out. */
const gatewayMs = 28_000

/** A request of middy: one object for all hooks of a chain. */
interface HttpRequest {
  readonly event: HttpEvent
  readonly context: HttpContext
}

/** What is known of a request since the middleware saw it first. The gateway's time-out starts there. */
export interface BegunRequest {
  /** The key of its `Idempotency-Key` header, where the messages have none of their own. */
  readonly idempotencyKey: string | undefined
  /** Milliseconds since then. */
  elapsed(): number
  /**
   * When the work for the request has to be done. End it.
   *
   * @param reserve milliseconds that are kept back for the answer
   */
  deadline(reserve?: number): Deadline
}

/**
 * Remembers requests from the first call for each on.
 *
 * @param readKey reads the `Idempotency-Key` header, and throws for one that is no key
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
    // Outside Lambda, in a container, the context may know no time.
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
