import type { Clock } from '@spillway/message/internal'
import { createDeadline, type Deadline } from '@spillway/transport'

/** The part of Lambda's context that the batch core uses. */
export interface InvocationContext {
  getRemainingTimeInMillis(): number
}

/** The three ends of an invocation's time, each later than the one before. */
export interface Deadlines {
  /** No record is begun after it, and the signal of those that were begun aborts. */
  readonly writing: Deadline
  /** What was begun is waited for until then. */
  readonly answering: Deadline
  /** Copies are parked and deliveries are put off until then. */
  readonly settling: Deadline
  /** Stops their timers. */
  end(): void
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
  const limit = { remainingTime: () => context.getRemainingTimeInMillis(), signal: outer }
  const start = (share: number) => createDeadline(limit, { reserve: reserve * share, clock })
  const [writing, answering, settling] = [start(1), start(answeringShare), start(settlingShare)]
  // One timer for the whole batch, which each handler of a record would start and stop again otherwise.
  answering.onPass(() => undefined)
  return {
    writing,
    answering,
    settling,
    end() {
      for (const deadline of [writing, answering, settling]) deadline.end()
    },
  }
}
