import type { Clock } from '@spillway/message/internal'
import { createDeadline, type Deadline } from '@spillway/transport'

/** The part of Lambda's context that the batch core uses. */
export interface InvocationContext {
  getRemainingTimeInMillis(): number
}

/** The three deadlines of an invocation, each later than the one before. */
export interface Deadlines {
  /** No record is begun after it, and the signal of records in flight aborts. */
  readonly writing: Deadline
  /** The outcomes of records in flight are waited for until then. */
  readonly answering: Deadline
  /** Records are parked and delayed until then. */
  readonly settling: Deadline
  /** Stops the timers. */
  end(): void
}

/** The largest guard, as a share of the invocation's time: a short time-out must leave time to work. */
export const guardShare = 0.25

/** Milliseconds. */
const defaultGuard = 1000

/** The default guard of a batch, in milliseconds. Parking and delaying many records takes longer. */
export function guardOf(records: number): number {
  return Math.max(defaultGuard, records)
}

/** The shares of the guard that are left when `answering` and `settling` pass. */
const answeringShare = 0.6
const settlingShare = 0.2

/**
 * Starts the deadlines of an invocation.
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
  // Keeps one timer running for the whole batch. Otherwise each call of a handler would start and stop one.
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
