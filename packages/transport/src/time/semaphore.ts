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
  /** Takes a place where one is free at once and nobody waits. */
  tryTake(weight?: number): (() => void) | undefined
}

/** Gives back what was taken. */
type Leave = () => void

interface Waiter {
  readonly weight: number
  enter(leave: Leave | undefined): void
}

/**
 * Makes a semaphore.
 *
 * @param places how many there are
 * @param reserve milliseconds before its limit ends at which a wait is given up
 */
export function createSemaphore(
  places: number,
  { reserve = 0 }: Pick<DeadlineOptions, 'reserve'> = {},
): Semaphore {
  const waiting = new Set<Waiter>()
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
    for (const waiter of waiting) {
      if (!hasRoom(waiter.weight)) return
      waiting.delete(waiter)
      waiter.enter(enter(waiter.weight))
    }
  }

  const tryTake = (weight = 1) => (waiting.size === 0 && hasRoom(weight) ? enter(weight) : undefined)

  async function wait(weight: number, limit: OuterLimit | undefined): Promise<Leave | undefined> {
    const deadline = limit && createDeadline(limit, { reserve })
    const leave = await new Promise<Leave | undefined>((resolve) => {
      const waiter = { weight, enter: resolve }
      waiting.add(waiter)
      deadline?.onPass(() => {
        // One that has entered is resolved already.
        waiting.delete(waiter)
        resolve(undefined)
        // What waits behind it may need less room.
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
      // The type says so where there is a limit.
      if (leave === undefined) return undefined as Result
      try {
        return await work()
      } finally {
        leave()
      }
    },
  }
}
