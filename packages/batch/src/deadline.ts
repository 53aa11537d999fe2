import type { TimeLimit } from '@spillway/message'

/** The part of Lambda's context that the batch core uses. */
export interface InvocationContext {
  getRemainingTimeInMillis(): number
}

/** A time limit that ends a guard before the invocation does. */
export interface Deadline extends TimeLimit, Disposable {
  readonly expired: boolean
  /** The promise's value, or `undefined` once the deadline passed. */
  race<Value>(promise: Promise<Value>): Promise<Value | undefined>
}

/** No guard takes more than this share of the time there is, so that a short time-out leaves time to work. */
const guardShare = 0.25

/** Watches the remaining time of an invocation. Dispose of it, or its timer keeps running. */
export function startDeadline(context: InvocationContext, guardMs: number, outer?: AbortSignal): Deadline {
  const guard = Math.min(guardMs, context.getRemainingTimeInMillis() * guardShare)
  const controller = new AbortController()
  const reached = new Promise<undefined>((resolve) => {
    controller.signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
  const remainingTime = () => Math.max(0, context.getRemainingTimeInMillis() - guard)
  const timer = setTimeout(() => controller.abort(), remainingTime())
  const onOuterAbort = () => controller.abort()
  outer?.addEventListener('abort', onOuterAbort, { once: true })
  if (outer?.aborted) controller.abort()
  return {
    signal: controller.signal,
    remainingTime,
    get expired() {
      return controller.signal.aborted || remainingTime() === 0
    },
    race: (promise) => Promise.race([promise, reached]),
    [Symbol.dispose]() {
      clearTimeout(timer)
      outer?.removeEventListener('abort', onOuterAbort)
    },
  }
}
