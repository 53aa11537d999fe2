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

/** Gives back what was taken. */
type Leave = () => void

interface Waiter {
  readonly weight: number
  enter(leave: Leave | undefined): void
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

  const enterAtOnce = (weight: number) => (waiting.size === 0 && hasRoom(weight) ? enter(weight) : undefined)

  async function wait(weight: number, limit: OuterLimit | undefined): Promise<Leave | undefined> {
    const deadline = limit && createDeadline(limit, { reserve })
    const leave = await new Promise<Leave | undefined>((resolve) => {
      const waiter = { weight, enter: resolve }
      waiting.add(waiter)
      deadline?.onPass(() => {
        if (waiting.delete(waiter)) resolve(undefined)
        // What waits behind it may need less room.
        admit()
      })
    })
    deadline?.end()
    return leave
  }

  return {
    admit,
    take: async (limit, weight = 1) => enterAtOnce(weight) ?? wait(weight, limit),
    async run<Result>(work: () => Promise<Result>, limit?: OuterLimit): Promise<Result> {
      const leave = enterAtOnce(1) ?? (await wait(1, limit))
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
