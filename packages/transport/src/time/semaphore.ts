import { createDeadline, type DeadlineOptions, type OuterLimit } from './deadline.ts'

/** Lets so much in at once: so many requests, or so many bytes. Who waits longest goes first. */
export interface Semaphore {
  /**
   * Takes a place, or as many as `weight` says, once they are free. What is heavier than all of them has them to itself.
   *
   * @param limit how long to wait; without it, for as long as it takes
   * @returns gives the place back; `undefined` when the limit ended first
   */
  take(limit?: OuterLimit, weight?: number): Promise<(() => void) | undefined>
  /** Runs something in one place. */
  run<Result>(work: () => Promise<Result>): Promise<Result>
  /** Runs something in one place. `undefined` when the limit ends before one is free: it was not run. */
  run<Result>(work: () => Promise<Result>, limit: OuterLimit | undefined): Promise<Result | undefined>
  /** Lets in what waits: there may be more places now. */
  admit(): void
}

interface Waiter {
  readonly weight: number
  enter(entered: boolean): void
}

/**
 * Makes a semaphore.
 *
 * @param places how many there are; a function where that changes
 * @param reserve milliseconds before its limit ends at which a wait is given up
 */
export function createSemaphore(
  places: number | (() => number),
  { reserve = 0 }: Pick<DeadlineOptions, 'reserve'> = {},
): Semaphore {
  const most = typeof places === 'number' ? () => places : places
  const waiting = new Set<Waiter>()
  let taken = 0

  const hasRoom = (weight: number) => taken === 0 || taken + weight <= most()

  function admit(): void {
    for (const waiter of waiting) {
      if (!hasRoom(waiter.weight)) return
      waiting.delete(waiter)
      taken += waiter.weight
      waiter.enter(true)
    }
  }

  function leave(weight: number): void {
    taken -= weight
    admit()
  }

  /** Whether there was a place at once. */
  function enter(weight: number): boolean {
    if (waiting.size > 0 || !hasRoom(weight)) return false
    taken += weight
    return true
  }

  /** Waits for a place; whether there was one in time. */
  async function wait(limit: OuterLimit | undefined, weight: number): Promise<boolean> {
    const deadline = limit && createDeadline(limit, { reserve })
    const entered = await new Promise<boolean>((resolve) => {
      const waiter: Waiter = { weight, enter: resolve }
      waiting.add(waiter)
      deadline?.onPass(() => {
        if (!waiting.delete(waiter)) return
        resolve(false)
        // What waits behind it may need less room.
        admit()
      })
    })
    deadline?.end()
    return entered
  }

  return {
    admit,
    async take(limit, weight = 1) {
      if (!enter(weight) && !(await wait(limit, weight))) return undefined
      let isGiven = false
      return () => {
        if (isGiven) return
        isGiven = true
        leave(weight)
      }
    },
    async run<Result>(work: () => Promise<Result>, limit?: OuterLimit) {
      if (!enter(1) && !(await wait(limit, 1))) return undefined as Result
      try {
        return await work()
      } finally {
        leave(1)
      }
    },
  }
}
