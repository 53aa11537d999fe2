import type { TimeLimit } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'

/** The part of Lambda's context that the batch core uses. */
export interface InvocationContext {
  getRemainingTimeInMillis(): number
}

/** A time limit that ends some time before the invocation does. */
export interface Deadline extends TimeLimit {
  readonly expired: boolean
  /** The promise's value, or `undefined` once the deadline passed. */
  race<Value>(promise: Promise<Value>): Promise<Value | undefined>
  /** A deadline that comes so many milliseconds before this one. */
  shorter(milliseconds: number): Deadline
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
export function startDeadline(
  context: InvocationContext,
  reserve: number,
  clock: Clock,
  outer?: AbortSignal,
): Deadline {
  const controller = new AbortController()
  const watching = new AbortController()
  // A promise that lives as long as the invocation would keep alive what each race with it came to.
  const racing = new Set<() => void>()
  const onAbort = () => {
    for (const stop of racing) stop()
  }
  controller.signal.addEventListener('abort', onAbort, { once: true })
  const remainingTime = () => Math.max(0, context.getRemainingTimeInMillis() - reserve)
  clock.sleep(Math.min(longestTimer, remainingTime()), watching.signal).then(() => {
    if (!watching.signal.aborted) controller.abort()
  })
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
        promise.then(
          (value) => {
            racing.delete(stop)
            resolve(value)
          },
          (thrown) => {
            racing.delete(stop)
            reject(thrown)
          },
        )
        // What is there already counts, though the time is over.
        if (controller.signal.aborted) queueMicrotask(stop)
      }),
    shorter: (milliseconds) =>
      startDeadline({ getRemainingTimeInMillis: remainingTime }, milliseconds, clock, controller.signal),
    end() {
      // With a reason of its own, the signal makes no exception with a stack.
      watching.abort(null)
      outer?.removeEventListener('abort', onOuterAbort)
    },
  }
}

/** The three ends of an invocation's time, each later than the one before. */
export interface Deadlines {
  /** No record is begun after it, and the signal of those that were begun aborts. */
  readonly writing: Deadline
  /** What was begun is waited for until then. */
  readonly answering: Deadline
  /** Copies are parked and deliveries are put off until then. */
  readonly settling: Deadline
  end(): void
}

/** No guard takes more than this share of the time there is, so that a short time-out leaves time to work. */
export const guardShare = 0.25

/** The shares of the guard that are left when answering and settling end. */
const answeringShare = 0.6
const settlingShare = 0.2

/**
 * Divides the time of an invocation.
 *
 * @param guard milliseconds that are kept for settling
 */
export function startDeadlines(
  context: InvocationContext,
  guard: number,
  clock: Clock,
  outer?: AbortSignal,
): Deadlines {
  const reserve = Math.min(guard, context.getRemainingTimeInMillis() * guardShare)
  const start = (share: number) => startDeadline(context, reserve * share, clock, outer)
  const writing = start(1)
  const answering = start(answeringShare)
  let settling: Deadline | undefined
  return {
    writing,
    answering,
    // A batch that is done needs none.
    get settling() {
      settling ??= start(settlingShare)
      return settling
    },
    end() {
      for (const deadline of [writing, answering, settling]) deadline?.end()
    },
  }
}
