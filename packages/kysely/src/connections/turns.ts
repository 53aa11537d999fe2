import { type Clock, schedule } from '@spillway/message/internal'
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

/** Who may use a connection, in the order in which they asked. */
export interface Turns {
  inUse(): number
  /** What each turn is used for; `undefined` where its connection is still being opened. */
  uses(): readonly (TurnUse | undefined)[]
  /** A turn, or `undefined` when none came within so many milliseconds. Takes back those that are overdue. */
  take(milliseconds: number): Promise<Turn | undefined>
  /** Gives free turns to those that wait. */
  pass(): void
}

interface Given {
  use: TurnUse | undefined
  /** Ends the wait for its time. */
  cancel: () => void
}

/** Turns for at most `most()` at once. */
export function createTurns(most: () => number, clock: Clock): Turns {
  const waiting = new Set<(turn: Turn) => void>()
  const given = new Set<Given>()

  function begin(): Turn {
    const turn: Given = { use: undefined, cancel: nothing }
    given.add(turn)
    return {
      end() {
        turn.cancel()
        if (given.delete(turn)) pass()
      },
      use(use) {
        turn.use = use
        if (waiting.size > 0) watch(turn)
      },
    }
  }

  function pass(): void {
    for (const give of waiting) {
      if (given.size >= most()) return
      waiting.delete(give)
      give(begin())
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

  async function take(milliseconds: number): Promise<Turn | undefined> {
    if (given.size >= most()) takeBackOverdue()
    if (given.size < most()) return begin()
    const { promise, resolve } = Promise.withResolvers<Turn | undefined>()
    waiting.add(resolve)
    function giveUp(): void {
      if (waiting.delete(resolve)) resolve(undefined)
    }
    for (const other of given) watch(other)
    const cancel = schedule(clock, giveUp, milliseconds)
    const turn = await promise
    cancel()
    if (waiting.size === 0) for (const other of given) other.cancel()
    return turn
  }

  return { inUse: () => given.size, uses: () => [...given].map(({ use }) => use), take, pass }
}

function nothing(): void {}
