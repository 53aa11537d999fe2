import type { Clock } from '@spillway/message/internal'
import { createDeadline, type Deadline } from '@spillway/transport'
import type { HttpContext, HttpEvent } from './http-event.ts'

/** API Gateway answers 503 in our place after 30 s (HTTP API) or 29 s (REST API), whatever the function's time-out. */
const gatewayMs = 28_000

/** When requests began, beside their events: the gateway's time-out starts there. */
export interface Starts {
  begin(event: HttpEvent): void
  /** Milliseconds since the request began. */
  elapsed(event: HttpEvent): number
  /**
   * When the work for a request has to be done. End it.
   *
   * @param reserve milliseconds that are kept back for the answer
   */
  deadline(event: HttpEvent, context: HttpContext, reserve?: number): Deadline
}

/** Remembers when requests began. */
export function startTimes(clock: Clock): Starts {
  const starts = new WeakMap<HttpEvent, number>()
  const startOf = (event: HttpEvent) => starts.get(event) ?? clock.now()
  return {
    begin: (event) => {
      starts.set(event, clock.now())
    },
    elapsed: (event) => clock.now() - startOf(event),
    deadline(event, context, reserve = 0) {
      const end = startOf(event) + gatewayMs
      // Outside Lambda, in a container, the context may know no time.
      const invocation = () => context.getRemainingTimeInMillis?.() ?? Number.POSITIVE_INFINITY
      const remainingTime = () => Math.min(invocation(), end - clock.now())
      return createDeadline({ remainingTime }, { reserve })
    },
  }
}
