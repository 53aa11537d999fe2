import { type Clock, schedule } from '@spillway/message/internal'

/** The right to use one connection. */
export interface Turn {
  /** Gives it back. Safe to call again. */
  end(): void
}

/** Who may use a connection, in the order in which they asked. */
export interface Turns {
  inUse(): number
  /** A turn, or `undefined` when none came within so many milliseconds. */
  take(milliseconds: number): Promise<Turn | undefined>
  /** Gives turns to those that wait: there may be more of them now. */
  pass(): void
}

/** Turns for at most `most()` at once. */
export function createTurns(most: () => number, clock: Clock): Turns {
  const waiting = new Set<(turn: Turn) => void>()
  let inUse = 0

  function begin(): Turn {
    inUse += 1
    let ended = false
    return {
      end() {
        if (ended) return
        ended = true
        inUse -= 1
        pass()
      },
    }
  }

  function pass(): void {
    for (const give of waiting) {
      if (inUse >= most()) return
      waiting.delete(give)
      give(begin())
    }
  }

  async function take(milliseconds: number): Promise<Turn | undefined> {
    if (inUse < most()) return begin()
    const { promise, resolve } = Promise.withResolvers<Turn | undefined>()
    waiting.add(resolve)
    function giveUp(): void {
      if (waiting.delete(resolve)) resolve(undefined)
    }
    const cancel = schedule(clock, giveUp, milliseconds)
    const turn = await promise
    cancel()
    return turn
  }

  return { inUse: () => inUse, take, pass }
}
