import type { TimeLimit } from '@spillway/message'

/** Milliseconds that have to be left for an answer to the caller. */
export const guardMs = 250

/** Milliseconds for which work may go on: what is left of the limit without the guard; 0 when it aborted. */
export function workingTime(limit: TimeLimit): number {
  return limit.signal.aborted ? 0 : Math.max(0, limit.remainingTime() - guardMs)
}

/** A signal that aborts with the limit, at its end, or after `ms` milliseconds, whichever comes first. */
export function abortWithin(limit: TimeLimit, ms: number): AbortSignal {
  const left = Math.floor(Math.min(ms, limit.remainingTime()))
  return AbortSignal.any([limit.signal, AbortSignal.timeout(Math.max(1, left))])
}

/** A limit that ends after `ms` milliseconds, or with the outer one. */
export function within(limit: TimeLimit, ms: number): TimeLimit {
  const end = performance.now() + ms
  return {
    signal: abortWithin(limit, ms),
    remainingTime: () => Math.max(0, Math.min(limit.remainingTime(), end - performance.now())),
  }
}

/** The promise's value; rejects as soon as the signal aborts, for what does not heed it itself. */
export function race<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
