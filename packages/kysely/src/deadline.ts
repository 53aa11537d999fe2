import type { TimeLimit } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'

/** The writer's share of the caller's time. All times are in milliseconds. */
export interface Deadline {
  /** What remains for the writer; never below 0. */
  left(): number
  /** Whether no new statement may begin. */
  passed(): boolean
  /** The outcome of the work, or `undefined` when the deadline passes or the caller gives up first. */
  race<T>(work: Promise<T>): Promise<PromiseSettledResult<T> | undefined>
  /** Waits, though not past the deadline. */
  sleep(ms: number): Promise<void>
}

const maxGuard = 2_000
const maxTimer = 2 ** 31 - 1

/**
 * A deadline before the caller's own, so that it has time to settle the outcomes: 2 s before, or a fifth of what
 * there was at the start when that is less.
 */
export function createDeadline(limit: TimeLimit, clock: Clock): Deadline {
  const guard = Math.min(maxGuard, Math.max(0, limit.remainingTime()) * 0.2)
  const left = () => Math.min(maxTimer, Math.max(0, limit.remainingTime() - guard))
  return {
    left,
    passed: () => limit.signal.aborted || left() <= 0,
    async race(work) {
      const settled = work.then(
        (value) => ({ status: 'fulfilled', value }) as const,
        (reason: unknown) => ({ status: 'rejected', reason }) as const,
      )
      const finished = new AbortController()
      const signal = AbortSignal.any([limit.signal, finished.signal])
      try {
        return await Promise.race([settled, clock.sleep(left(), signal).then(() => undefined)])
      } finally {
        // With a reason of its own, the signal makes no exception with a stack.
        finished.abort(null)
      }
    },
    sleep: (ms) => clock.sleep(Math.min(ms, left()), limit.signal),
  }
}
