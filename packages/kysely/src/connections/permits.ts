import { type Clock, schedule } from '@spillway/message/internal'
import { createDeadline, createSemaphore } from '@spillway/transport'
import type { Activity } from './activity.ts'

/** The right to use one connection. */
export interface Permit {
  /** Returns the permit. Further calls have no effect. */
  end(): void
  /** Sets the use of the permit. */
  use(use: PermitUse): void
}

/** The use of a permit. */
export interface PermitUse {
  /** The time, in milliseconds since the epoch, after which the connection may be closed for another use that waits. */
  readonly overdueAt: number
  takeBack(): void
  /** The current activity of the connection, for the error of a use that got no permit. */
  activity(): Activity
}

/**
 * Permits to use connections, given in the order of the requests. This is a semaphore that also stores the use of each
 * permit: an overdue use ends when another one waits, and an error can describe the current uses.
 */
export interface Permits {
  /** The use of each permit; `undefined` while its connection is being opened. */
  uses(): readonly (PermitUse | undefined)[]
  /** Takes a permit; `undefined` if none is free within this many milliseconds. Ends overdue uses. */
  take(milliseconds: number): Promise<Permit | undefined>
}

interface Given {
  use: PermitUse | undefined
  /** Cancels the timer of the use. */
  cancel: () => void
}

/** Creates permits for this many connections. */
export function createPermits(connections: number, clock: Clock): Permits {
  const semaphore = createSemaphore(connections)
  const given = new Set<Given>()
  let waiting = 0

  function begin(leave: () => void): Permit {
    const permit: Given = { use: undefined, cancel: nothing }
    given.add(permit)
    return {
      end() {
        permit.cancel()
        given.delete(permit)
        leave()
      },
      use(use) {
        permit.use = use
        if (waiting > 0) watch(permit)
      },
    }
  }

  function takeBackOverdue(): void {
    for (const { use } of [...given]) if (use !== undefined && use.overdueAt < clock.now()) use.takeBack()
  }

  /** Checks a permit again when its use is overdue, because another use waits. */
  function watch(permit: Given): void {
    if (permit.use === undefined) return
    permit.cancel()
    permit.cancel = schedule(clock, takeBackOverdue, permit.use.overdueAt - clock.now() + 1)
  }

  async function waitFor(milliseconds: number): Promise<(() => void) | undefined> {
    waiting++
    for (const other of given) watch(other)
    const unlimited = { remainingTime: () => Number.POSITIVE_INFINITY }
    const leave = await semaphore.take(createDeadline(unlimited, { most: milliseconds, clock }))
    waiting--
    if (waiting === 0) for (const other of given) other.cancel()
    return leave
  }

  function takeNow(): (() => void) | undefined {
    const leave = semaphore.tryTake()
    if (leave !== undefined) return leave
    takeBackOverdue()
    return semaphore.tryTake()
  }

  return {
    uses: () => [...given].map(({ use }) => use),
    async take(milliseconds) {
      const leave = takeNow() ?? (await waitFor(milliseconds))
      return leave && begin(leave)
    },
  }
}

function nothing(): void {}
