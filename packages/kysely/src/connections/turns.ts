import { type Clock, schedule } from '@spillway/message/internal'

/** The right to use one connection. */
export interface Turn {
  /** Gives it back. Safe to call again. */
  end(): void
  /**
   * Says what is done with it: from a time on, in milliseconds since the epoch, somebody who waits may take the connection
   * back.
   */
  use(overdueAt: number, takeBack: () => void): void
}

/** Who may use a connection, in the order in which they asked. */
export interface Turns {
  inUse(): number
  /** A turn, or `undefined` when none came within so many milliseconds. Takes back those that are overdue. */
  take(milliseconds: number): Promise<Turn | undefined>
  /** Gives turns to those that wait: there may be more of them now. */
  pass(): void
}

interface Use {
  overdueAt: number
  takeBack: () => void
  /** Ends the wait for its time. */
  cancel: () => void
}

/** Turns for at most `most()` at once. */
export function createTurns(most: () => number, clock: Clock): Turns {
  const waiting = new Set<(turn: Turn) => void>()
  const uses = new Set<Use>()

  function begin(): Turn {
    const use: Use = { overdueAt: Number.POSITIVE_INFINITY, takeBack: nothing, cancel: nothing }
    uses.add(use)
    return {
      end() {
        use.cancel()
        if (uses.delete(use)) pass()
      },
      use(overdueAt, takeBack) {
        Object.assign(use, { overdueAt, takeBack })
        if (waiting.size > 0) watch(use)
      },
    }
  }

  function pass(): void {
    for (const give of waiting) {
      if (uses.size >= most()) return
      waiting.delete(give)
      give(begin())
    }
  }

  function takeBackOverdue(): void {
    for (const { overdueAt, takeBack } of [...uses]) if (overdueAt < clock.now()) takeBack()
  }

  /** Looks at a use again when it is overdue: somebody waits. */
  function watch(use: Use): void {
    if (!Number.isFinite(use.overdueAt)) return
    use.cancel()
    use.cancel = schedule(clock, takeBackOverdue, use.overdueAt - clock.now() + 1)
  }

  async function take(milliseconds: number): Promise<Turn | undefined> {
    if (uses.size >= most()) takeBackOverdue()
    if (uses.size < most()) return begin()
    const { promise, resolve } = Promise.withResolvers<Turn | undefined>()
    waiting.add(resolve)
    function giveUp(): void {
      if (waiting.delete(resolve)) resolve(undefined)
    }
    for (const use of uses) watch(use)
    const cancel = schedule(clock, giveUp, milliseconds)
    const turn = await promise
    cancel()
    if (waiting.size === 0) for (const use of uses) use.cancel()
    return turn
  }

  return { inUse: () => uses.size, take, pass }
}

function nothing(): void {}
