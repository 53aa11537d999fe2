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
}

/** Turns for at most `most()` at once. */
export function createTurns(most: () => number, clock: Clock): Turns {
  const waiting = new Set<(turn: Turn) => void>()
  const uses = new Set<Use>()

  function begin(): Turn {
    const use: Use = { overdueAt: Number.POSITIVE_INFINITY, takeBack: () => undefined }
    uses.add(use)
    return {
      end() {
        if (uses.delete(use)) pass()
      },
      use(overdueAt, takeBack) {
        Object.assign(use, { overdueAt, takeBack })
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

  async function take(milliseconds: number): Promise<Turn | undefined> {
    if (uses.size >= most()) takeBackOverdue()
    if (uses.size < most()) return begin()
    const { promise, resolve } = Promise.withResolvers<Turn | undefined>()
    waiting.add(resolve)
    function giveUp(): void {
      if (waiting.delete(resolve)) resolve(undefined)
    }
    const timers = [schedule(clock, giveUp, milliseconds)]
    const overdueIn = Math.min(...[...uses].map(({ overdueAt }) => overdueAt)) - clock.now() + 1
    if (overdueIn < milliseconds) timers.push(schedule(clock, takeBackOverdue, overdueIn))
    const turn = await promise
    for (const cancel of timers) cancel()
    return turn
  }

  return { inUse: () => uses.size, take, pass }
}
