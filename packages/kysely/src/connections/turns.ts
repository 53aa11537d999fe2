import { type Clock, schedule } from '@spillway/message/internal'
import { createDeadline, createSemaphore } from '@spillway/transport'
import type { Activity } from './activity.ts'

/** The right to use one connection. */
export interface Turn {
  /** Gives it back. May be called again. */
  end(): void
  /** Says what it is used for. */
  use(use: TurnUse): void
}

/** What a turn is used for. */
export interface TurnUse {
  /** From then on, in milliseconds since the epoch, somebody who waits may take the connection back. */
  readonly overdueAt: number
  takeBack(): void
  /** What the connection does now, for the error of somebody who waits in vain. */
  activity(): Activity
}

/**
 * Who may use a connection, in the order in which they asked: a semaphore that knows what each place is used for, so that a
 * use that is overdue ends when somebody waits, and somebody who waits in vain can say who has the connections.
 */
export interface Turns {
  /** What each turn is used for; `undefined` where its connection is still being opened. */
  uses(): readonly (TurnUse | undefined)[]
  /** A turn, or `undefined` when none came within so many milliseconds. Takes back those that are overdue. */
  take(milliseconds: number): Promise<Turn | undefined>
}

interface Given {
  use: TurnUse | undefined
  /** Ends the wait for its time. */
  cancel: () => void
}

/** Turns for so many connections. */
export function createTurns(connections: number, clock: Clock): Turns {
  const semaphore = createSemaphore(connections)
  const given = new Set<Given>()
  let waiting = 0

  function begin(leave: () => void): Turn {
    const turn: Given = { use: undefined, cancel: nothing }
    given.add(turn)
    return {
      end() {
        turn.cancel()
        given.delete(turn)
        leave()
      },
      use(use) {
        turn.use = use
        if (waiting > 0) watch(turn)
      },
    }
  }

  function takeBackOverdue(): void {
    for (const { use } of [...given]) if (use !== undefined && use.overdueAt < clock.now()) use.takeBack()
  }

  /** Looks at a turn again when its use is overdue: somebody waits. */
  function watch(turn: Given): void {
    if (turn.use === undefined) return
    turn.cancel()
    turn.cancel = schedule(clock, takeBackOverdue, turn.use.overdueAt - clock.now() + 1)
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
