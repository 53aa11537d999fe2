import { SpillwayError, type TimeLimit } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import { createDeadline as deadlineWithin, earlySignal } from '@spillway/transport'

/**
 * The writer's share of the caller's time: a deadline of `@spillway/transport`, and what only a database needs beside it.
 * All times are in milliseconds.
 */
export interface Deadline {
  /** What remains for the writer; never below 0. */
  left(): number
  /** Whether it is worth waiting for a database that is down. */
  readonly mayHold: boolean
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
  const deadline = deadlineWithin(limit, { reserve: guard, clock })
  const left = () => Math.min(maxLeft, deadline.remainingTime())
  return {
    left,
    mayHold: limit.mayHold ?? true,
    passed: () => deadline.expired,
    race: (work) => deadline.race(settled(work)),
    sleep: (ms) => clock.sleep(Math.min(ms, left()), earlySignal(limit)),
  }
}

function settled<T>(work: Promise<T>): Promise<PromiseSettledResult<T>> {
  return work.then(
    (value) => ({ status: 'fulfilled', value }),
    (reason: unknown) => ({ status: 'rejected', reason }),
  )
}

/**
 * The value of some work that ends in time.
 *
 * @throws SpillwayError `SPILLWAY_DEADLINE` when it does not, or what the work rejects with
 */
export async function inTime<T>(work: Promise<T>, deadline: Deadline): Promise<T> {
  const result = await deadline.race(work)
  if (result === undefined) {
    throw new SpillwayError('SPILLWAY_DEADLINE', 'The time ran out before the database answered.')
  }
  if (result.status === 'rejected') throw result.reason
  return result.value
}
