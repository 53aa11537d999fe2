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
/** A day: longer than any invocation, and a number of milliseconds that fits a timer and a setting of Postgres. */
const maxLeft = 86_400_000

/**
 * A deadline before the caller's own, so that it has time to settle the outcomes: 2 s before, or a fifth of what
 * there was at the start when that is less.
 */
export function createDeadline(limit: TimeLimit, clock: Clock): Deadline {
  const guard = Math.min(maxGuard, Math.max(0, limit.remainingTime()) * 0.2)
  let given: AbortSignal | undefined
  const left = () => Math.min(maxLeft, Math.max(0, limit.remainingTime() - guard))
  return {
    left,
    passed: () => limit.signal.aborted || left() <= 0,
    async race(work) {
      const settled = work.then(
        (value) => ({ status: 'fulfilled', value }) as const,
        (reason: unknown) => ({ status: 'rejected', reason }) as const,
      )
      const finished = new AbortController()
      const finish = () => finished.abort(null)
      // One for all races: to follow the caller's signal costs more than the rest, and batches that share an invocation
      // would be more listeners than Node lets a signal have without a warning.
      given ??= AbortSignal.any([limit.signal])
      if (given.aborted) finish()
      else given.addEventListener('abort', finish, { once: true })
      try {
        return await Promise.race([settled, clock.sleep(left(), finished.signal).then(() => undefined)])
      } finally {
        given.removeEventListener('abort', finish)
        // With a reason of its own, the signal makes no exception with a stack.
        finish()
      }
    },
    sleep: (ms) => clock.sleep(Math.min(ms, left()), limit.signal),
  }
}
