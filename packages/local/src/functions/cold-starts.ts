import { availableParallelism } from 'node:os'
import { createIdleMeter } from './idle-share.ts'

/** How many environments of all functions start at once, at most: this machine's cores stand for all of Lambda's. */
export const coldStartLimit = Math.max(2, availableParallelism())

/** A function's first environments start whatever the machine is doing: two for each core keep it busy. */
const firstEnvironments = 2 * availableParallelism()

/** The share of the machine that has to be idle for one more cold start. */
const neededIdleShare = 0.3

/** On a busy machine one environment starts, and then this many times its start-up time has to pass. */
const busyPause = 10

/** Bytes of memory that have to be left for one more environment beside those that a function has. */
const neededMemory = 512 * 1024 * 1024

/** How soon a start that was put off is tried again. Milliseconds. */
const retryMs = 50

/** Decides when an environment may start. */
export interface ColdStarts {
  /**
   * Takes a place for a cold start of a function that has `existing` environments. Without one it answers `false`, and
   * `retry` is called when one may be free.
   */
  begin(existing: number, retry: () => void): boolean
  /** Gives the place back. `durationMs` is what the start took. */
  end(durationMs: number): void
}

/** What {@link createColdStarts} takes. */
export interface ColdStartsOptions {
  /** How many start at once, at most. */
  readonly limit: number
  /** How many environments of a function start without a look at the machine. */
  readonly first: number
  idleShare(): number
  /** Bytes that this machine has left. */
  availableMemory(): number
  now(): number
}

/**
 * Lets environments start as fast as the machine has processor time to spare. On Lambda a cold start takes nothing
 * from the environments that work; here it takes their cores, and a burst that starts a hundred environments at once
 * would keep those that are ready from working it off. One at a time starts however busy the machine is.
 */
export function createColdStarts(options: ColdStartsOptions): ColdStarts {
  const { limit, first, idleShare, availableMemory, now } = options
  let running = 0
  let busyUntil = Number.NEGATIVE_INFINITY
  let scheduled = false
  const refused = new Set<() => void>()

  function hasRoom(existing: number): boolean {
    if (running >= limit) return false
    if (existing > 0 && availableMemory() < neededMemory) return false
    if (existing < first) return true
    if (running === 0 && now() >= busyUntil) return true
    return idleShare() >= neededIdleShare
  }

  /** One that is refused again goes to the end: no function keeps the others from starting. */
  function retryRefused(): void {
    for (const retry of [...refused]) {
      refused.delete(retry)
      retry()
    }
  }

  function refuse(retry: () => void): void {
    refused.add(retry)
    if (scheduled) return
    scheduled = true
    const onTime = () => {
      scheduled = false
      retryRefused()
    }
    setTimeout(onTime, retryMs).unref()
  }

  return {
    begin(existing, retry) {
      if (hasRoom(existing)) {
        running += 1
        return true
      }
      refuse(retry)
      return false
    },
    end(durationMs) {
      running -= 1
      busyUntil = now() + busyPause * durationMs
      retryRefused()
    },
  }
}

/** The cold starts of all functions of this process. */
export const coldStarts: ColdStarts = createColdStarts({
  limit: coldStartLimit,
  first: firstEnvironments,
  idleShare: createIdleMeter(),
  availableMemory: () => process.availableMemory(),
  now: () => performance.now(),
})
