import { createDeadline, type DeadlineOptions, type OuterLimit } from './deadline.ts'

/** Limits how much runs at once: a number of requests, or of bytes. First come, first served. */
export interface Semaphore {
  /**
   * Takes `weight` places once they are free. A weight above the number of places takes all of them.
   *
   * @param limit how long to wait. Default: without a limit
   * @returns gives the places back; `undefined` when the limit ended first
   */
  take(limit?: OuterLimit, weight?: number): Promise<(() => void) | undefined>
  /** Runs something in one place. Waits until one is free. */
  run<Result>(work: () => Promise<Result>): Promise<Result>
  /** The same within a limit. `undefined` when the limit ends before a place is free: then nothing was run. */
  run<Result>(work: () => Promise<Result>, limit: OuterLimit | undefined): Promise<Result | undefined>
  /** Takes places if they are free now and nothing waits. */
  tryTake(weight?: number): (() => void) | undefined
}

/** Options of {@link createSemaphore}. */
type SemaphoreOptions = Pick<DeadlineOptions, 'reserve'>

/** Gives the places back. */
type Leave = () => void

/**
 * Makes a semaphore.
 *
 * @param places the number of places
 * @param reserve a wait ends this many milliseconds before its limit
 */
export function createSemaphore(places: number, { reserve = 0 }: SemaphoreOptions = {}): Semaphore {
  /** How many places each waiting call needs, in order. The keys resolve the calls. */
  const waiting = new Map<(leave: Leave | undefined) => void, number>()
  let taken = 0

  const hasRoom = (weight: number) => taken === 0 || taken + weight <= places

  function enter(weight: number): Leave {
    let held = weight
    taken += held
    return () => {
      taken -= held
      held = 0
      admit()
    }
  }

  function admit(): void {
    for (const [resolve, weight] of waiting) {
      if (!hasRoom(weight)) return
      waiting.delete(resolve)
      resolve(enter(weight))
    }
  }

  const tryTake = (weight = 1) => (waiting.size === 0 && hasRoom(weight) ? enter(weight) : undefined)

  async function wait(weight: number, limit: OuterLimit | undefined): Promise<Leave | undefined> {
    const deadline = limit && createDeadline(limit, { reserve })
    const leave = await new Promise<Leave | undefined>((resolve) => {
      waiting.set(resolve, weight)
      deadline?.onPass(() => {
        // No effect on a call that has its places: its promise is already resolved.
        waiting.delete(resolve)
        resolve(undefined)
        // A call behind it may need fewer places.
        admit()
      })
    })
    deadline?.end()
    return leave
  }

  return {
    tryTake,
    take: async (limit, weight = 1) => tryTake(weight) ?? wait(weight, limit),
    async run<Result>(work: () => Promise<Result>, limit?: OuterLimit): Promise<Result> {
      const leave = tryTake() ?? (await wait(1, limit))
      // Only with a limit, and then the type allows it.
      if (leave === undefined) return undefined as Result
      try {
        return await work()
      } finally {
        leave()
      }
    },
  }
}
