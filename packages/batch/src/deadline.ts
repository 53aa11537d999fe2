import type { TimeLimit } from '@spillway/message'
import { type Clock, schedule } from '@spillway/message/internal'

/** The part of Lambda's context that the batch core uses. */
export interface InvocationContext {
  getRemainingTimeInMillis(): number
}

/** A time limit that ends some time before the invocation does. */
export interface Deadline extends TimeLimit {
  readonly expired: boolean
  /** The promise's value, or `undefined` once the deadline passed. */
  race<Value>(promise: Promise<Value>): Promise<Value | undefined>
  /** A deadline that comes so many milliseconds before this one. End it. */
  shorter(milliseconds: number): Deadline & Watched
}

/** What a timer watches. */
export interface Watched {
  /** Watches no longer. */
  end(): void
}

/** A deadline that is reached when its owner says so. */
interface OwnedDeadline extends Deadline {
  reach(): void
}

/** The longest that a timer of Node runs. Milliseconds. */
const longestTimer = 2 ** 31 - 1

/** @param reserve milliseconds of the time that are kept back */
function createDeadline(context: InvocationContext, reserve: number, clock: Clock): OwnedDeadline {
  const controller = new AbortController()
  // A promise that lives as long as the invocation would keep alive what each race with it came to.
  const racing = new Set<() => void>()
  let isReached = false
  const remainingTime = () => Math.max(0, context.getRemainingTimeInMillis() - reserve)
  return {
    signal: controller.signal,
    remainingTime,
    get expired() {
      return isReached || remainingTime() === 0
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
        if (isReached) queueMicrotask(stop)
      }),
    shorter(milliseconds) {
      const shorter = createDeadline({ getRemainingTimeInMillis: remainingTime }, milliseconds, clock)
      return Object.assign(shorter, watch([shorter], clock, controller.signal))
    },
    reach() {
      isReached = true
      controller.abort()
      for (const stop of racing) stop()
    },
  }
}

/**
 * Watches deadlines, each later than the one before, with one timer, which keeps running until the end. An abort from
 * outside reaches all of them.
 */
function watch(deadlines: readonly OwnedDeadline[], clock: Clock, outer: AbortSignal | undefined): Watched {
  let cancel = () => {}
  function watchFrom(index: number): void {
    const deadline = deadlines[index]
    if (deadline === undefined) return
    function reach(): void {
      deadline?.reach()
      watchFrom(index + 1)
    }
    cancel = schedule(clock, reach, Math.min(longestTimer, deadline.remainingTime()))
  }
  function reachAll(): void {
    cancel()
    for (const deadline of deadlines) deadline.reach()
  }
  if (outer?.aborted) reachAll()
  else watchFrom(0)
  outer?.addEventListener('abort', reachAll, { once: true })
  return {
    end() {
      cancel()
      outer?.removeEventListener('abort', reachAll)
    },
  }
}

/** The three ends of an invocation's time, each later than the one before. */
export interface Deadlines extends Watched {
  /** No record is begun after it, and the signal of those that were begun aborts. */
  readonly writing: Deadline
  /** What was begun is waited for until then. */
  readonly answering: Deadline
  /** Copies are parked and deliveries are put off until then. */
  readonly settling: Deadline
}

/** No guard takes more than this share of the time there is, so that a short time-out leaves time to work. */
export const guardShare = 0.25

/** Milliseconds. */
const defaultGuard = 1000

/** The guard of a batch of so many records where none is given: to park and to put off many takes longer. Milliseconds. */
export function guardOf(records: number): number {
  return Math.max(defaultGuard, records)
}

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
  const start = (share: number) => createDeadline(context, reserve * share, clock)
  const [writing, answering, settling] = [start(1), start(answeringShare), start(settlingShare)]
  const { end } = watch([writing, answering, settling], clock, outer)
  return { writing, answering, settling, end }
}
