import type { TimeLimit } from '@spillway/message'

/** The part of Lambda's context that the batch core uses. */
export interface InvocationContext {
  getRemainingTimeInMillis(): number
}

/** A time limit that ends some time before the invocation does. */
export interface Deadline extends TimeLimit {
  readonly expired: boolean
  /** The promise's value, or `undefined` once the deadline passed. */
  race<Value>(promise: Promise<Value>): Promise<Value | undefined>
  /** Watches no longer. */
  end(): void
}

/** The longest that a timer of Node runs. Milliseconds. */
const longestTimer = 2 ** 31 - 1

/**
 * Watches the remaining time of an invocation. End it, or its timer keeps running.
 *
 * @param reserve milliseconds of the invocation that are kept back
 */
export function startDeadline(context: InvocationContext, reserve: number, outer?: AbortSignal): Deadline {
  const controller = new AbortController()
  // A promise that lives as long as the invocation would keep alive what each race with it came to.
  const racing = new Set<() => void>()
  const onAbort = () => {
    for (const stop of racing) stop()
  }
  controller.signal.addEventListener('abort', onAbort, { once: true })
  const remainingTime = () => Math.max(0, context.getRemainingTimeInMillis() - reserve)
  const timer = setTimeout(() => controller.abort(), Math.min(longestTimer, remainingTime()))
  const onOuterAbort = () => controller.abort()
  outer?.addEventListener('abort', onOuterAbort, { once: true })
  if (outer?.aborted) controller.abort()
  return {
    signal: controller.signal,
    remainingTime,
    get expired() {
      return controller.signal.aborted || remainingTime() === 0
    },
    race: (promise) =>
      new Promise((resolve, reject) => {
        const stop = () => resolve(undefined)
        racing.add(stop)
        promise.then(resolve, reject).finally(() => racing.delete(stop))
        // What is there already counts, though the time is over.
        if (controller.signal.aborted) queueMicrotask(stop)
      }),
    end() {
      clearTimeout(timer)
      outer?.removeEventListener('abort', onOuterAbort)
    },
  }
}
