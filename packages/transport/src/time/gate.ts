import type { TimeLimit } from '@spillway/message'
import { atEnd } from './time.ts'

/** Lets so many through at once. */
export interface Gate {
  /**
   * Runs something once there is a place, which it holds until it settles. Who waits longest goes first.
   *
   * @param limit how long to wait; without it, for as long as it takes
   * @returns `undefined` when the limit ends before there is a place: it was not run
   */
  run<Result>(run: () => Promise<Result>, limit?: TimeLimit): Promise<Result | undefined>
}

/** Makes a gate. Requests beyond the sockets of a client would wait inside it, where their time runs unseen. */
export function createGate(places: number): Gate {
  let free = places
  const waiting = new Set<() => void>()

  /** Waits for a place; whether there was one in time. */
  async function waitForPlace(limit: TimeLimit | undefined): Promise<boolean> {
    const end = limit && atEnd(limit)
    const entered = await new Promise<boolean>((resolve) => {
      const pass = () => resolve(true)
      waiting.add(pass)
      void end?.reached.then(() => resolve(!waiting.delete(pass)))
    })
    end?.stop()
    return entered
  }

  function leave(): void {
    const [next] = waiting
    if (next === undefined) {
      free++
      return
    }
    waiting.delete(next)
    next()
  }

  return {
    async run(run, limit) {
      if (free > 0) free--
      else if (!(await waitForPlace(limit))) return undefined
      try {
        return await run()
      } finally {
        leave()
      }
    },
  }
}
