import { SpillwayError, type TimeLimit } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import { createDeadline as deadlineWithin, earlySignal } from '@spillway/transport'

/**
 * The writer's share of the caller's time: a deadline of `@spillway/transport`, with additions for databases. All times
 * are in milliseconds.
 */
export interface Deadline {
  /** The remaining time of the writer; never below 0. */
  left(): number
  /** Whether it is worth waiting for a database that is down. */
  readonly mayHold: boolean
  /** Whether the deadline has passed: no new statement may begin. */
  passed(): boolean
  /** The result of the work; `undefined` if the deadline passes or the caller aborts first. */
  race<T>(work: Promise<T>): Promise<PromiseSettledResult<T> | undefined>
  /** Waits, but not past the deadline. */
  sleep(ms: number): Promise<void>
}

const maxGuard = 2_000
/** A day: longer than any invocation, and a number of milliseconds that fits a timer and a setting of Postgres. */
const maxLeft = 86_400_000

/**
 * Creates a deadline before that of the caller, so that time is left to settle the outcomes: 2 s before, or a fifth of
 * the time at the start if that is less.
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
 * The value of work that ends before the deadline.
 *
 * @throws SpillwayError `SPILLWAY_DEADLINE` when it does not end in time, or what the work rejects with
 */
export async function inTime<T>(work: Promise<T>, deadline: Deadline): Promise<T> {
  const result = await deadline.race(work)
  if (result === undefined) {
    throw new SpillwayError('SPILLWAY_DEADLINE', 'The time ran out before the database answered.')
  }
  if (result.status === 'rejected') throw result.reason
  return result.value
}
