import type { TimeLimit } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import { limitByTime } from '@spillway/transport'
import type { HttpContext, HttpEvent } from './http-event.ts'

/** API Gateway answers 503 in our place after 30 s (HTTP API) or 29 s (REST API), whatever the function's time-out. */
const gatewayMs = 28_000

/** When requests began, beside their events: the gateway's patience counts from there. */
export interface Starts {
  begin(event: HttpEvent): void
  /** Milliseconds since the request began. */
  elapsed(event: HttpEvent): number
  /**
   * The time that is left for a request.
   *
   * @param early milliseconds before its end at which its signal aborts
   */
  limit(event: HttpEvent, context: HttpContext, early?: number): TimeLimit
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
    limit(event, context, early) {
      const end = startOf(event) + gatewayMs
      // Outside Lambda, in a container, the context may know no time.
      const invocation = () => context.getRemainingTimeInMillis?.() ?? Number.POSITIVE_INFINITY
      return limitByTime(() => Math.min(invocation(), end - clock.now()), early)
    },
  }
}
