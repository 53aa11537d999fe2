import { SpillwayError, type TimeLimit } from '@spillway/message'
import { type Clock, schedule } from '@spillway/message/internal'

/** The writer's share of the caller's time. All times are in milliseconds. */
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
  const left = () => Math.min(maxLeft, Math.max(0, limit.remainingTime() - guard))
  return {
    left,
    mayHold: limit.mayHold ?? true,
    passed: () => limit.signal.aborted || left() <= 0,
    race: (work) =>
      new Promise((resolve) => {
        const end = endOf(limit.signal, clock, left(), () => resolve(undefined))
        work.then(
          (value) => {
            end()
            resolve({ status: 'fulfilled', value })
          },
          (reason: unknown) => {
            end()
            resolve({ status: 'rejected', reason })
          },
        )
      }),
    sleep: (ms) => clock.sleep(Math.min(ms, left()), limit.signal),
  }
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

/** Calls back once, when a signal aborts or a time is over; answers what takes that back. */
function endOf(signal: AbortSignal, clock: Clock, ms: number, reach: () => void): () => void {
  const waiting = waitingFor(signal)
  const cancel = schedule(clock, stop, ms)
  waiting.add(stop)
  function end(): void {
    cancel()
    waiting.delete(stop)
  }
  function stop(): void {
    end()
    reach()
  }
  if (signal.aborted) stop()
  return end
}

/**
 * What waits for a signal. One listener for all of it: a listener takes longer than the rest of a race, and batches that
 * share an invocation would be more of them than Node lets a signal have without a warning.
 */
const waitings = new WeakMap<AbortSignal, Set<() => void>>()

function waitingFor(signal: AbortSignal): Set<() => void> {
  const known = waitings.get(signal)
  if (known !== undefined) return known
  const waiting = new Set<() => void>()
  waitings.set(signal, waiting)
  signal.addEventListener(
    'abort',
    () => {
      for (const stop of waiting) stop()
    },
    { once: true },
  )
  return waiting
}
