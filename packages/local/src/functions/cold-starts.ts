import { availableParallelism } from 'node:os'
import { createIdleMeter } from './idle-share.ts'

/** The most environments of all functions that start at the same time, limited by the cores of this machine. */
export const coldStartLimit = Math.max(2, availableParallelism())

/** This many environments of a function start even on a busy machine. Two per core are enough to use all cores. */
const firstEnvironments = 2 * availableParallelism()

/** The share of the processor time that has to be idle for a further cold start. */
const neededIdleShare = 0.3

/** On a busy machine, the pause after a cold start is its duration times this factor. */
const busyPause = 10

/** The free memory in bytes that a further environment of a function needs. */
const neededMemory = 512 * 1024 * 1024

/** After how many milliseconds a rejected start is retried. */
const retryMs = 50

/** Decides when an environment may start. */
export interface ColdStarts {
  /**
   * Begins a cold start of a function that has `existing` environments. If none may begin now it returns `false` and
   * calls `retry` later.
   */
  begin(existing: number, retry: () => void): boolean
  /** Ends a cold start that took `durationMs`. */
  end(durationMs: number): void
}

/** What {@link createColdStarts} takes. */
export interface ColdStartsOptions {
  /** The most cold starts at the same time. */
  readonly limit: number
  /** How many environments of a function start even on a busy machine. */
  readonly first: number
  idleShare(): number
  /** The available memory of this machine in bytes. */
  availableMemory(): number
  now(): number
}

/**
 * Starts environments only as fast as the machine has processor time to spare. On Lambda a cold start does not slow
 * down other environments. Here they share the cores, so a burst that started a hundred environments at once would
 * starve those that are ready. Even on a busy machine, one environment at a time starts.
 */
export function createColdStarts(options: ColdStartsOptions): ColdStarts {
  const { limit, first, idleShare, availableMemory, now } = options
  let running = 0
  let busyUntil = Number.NEGATIVE_INFINITY
  let scheduled = false
  const rejected = new Set<() => void>()

  function hasRoom(existing: number): boolean {
    if (running >= limit) return false
    if (existing > 0 && availableMemory() < neededMemory) return false
    if (existing < first) return true
    if (running === 0 && now() >= busyUntil) return true
    return idleShare() >= neededIdleShare
  }

  /** A start that is rejected again moves to the end, so that no function starves the others. */
  function retryRejected(): void {
    for (const retry of [...rejected]) {
      rejected.delete(retry)
      retry()
    }
  }

  function reject(retry: () => void): void {
    rejected.add(retry)
    if (scheduled) return
    scheduled = true
    const onTime = () => {
      scheduled = false
      retryRejected()
    }
    setTimeout(onTime, retryMs).unref()
  }

  return {
    begin(existing, retry) {
      if (hasRoom(existing)) {
        running += 1
        return true
      }
      reject(retry)
      return false
    },
    end(durationMs) {
      running -= 1
      busyUntil = now() + busyPause * durationMs
      retryRejected()
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
