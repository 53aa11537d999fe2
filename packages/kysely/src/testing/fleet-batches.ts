import { randomUUID } from 'node:crypto'

/** The times of a batch. */
export interface BatchTimes {
  /** Milliseconds since the beginning of the load. */
  readonly at: number
  readonly took: number
}

/** A batch with the time of its first delivery. */
export interface FleetBatch {
  readonly keys: readonly string[]
  readonly deliveredAt: number
}

/** The batches of a load. */
export interface FleetBatches {
  /** Starts the clock. */
  begin(): void
  /** Milliseconds since the start. */
  now(): number
  /** The number of batches that were delivered but not written. */
  undelivered(): number
  /** Returns batches that were not written, and new ones if there are not enough. */
  take(count: number): readonly FleetBatch[]
  /** Records the keys that an invocation has written; other keys of its batches are delivered again. */
  settle(delivered: readonly FleetBatch[], written: readonly string[]): void
  /** All keys that were written. */
  readonly done: ReadonlySet<string>
  readonly times: readonly BatchTimes[]
  /** The number of invocations that did not write all of their batches. */
  failed(): number
}

/** Creates batches of random keys. */
export function createFleetBatches(rowsPerBatch: number): FleetBatches {
  const waiting: FleetBatch[] = []
  const done = new Set<string>()
  const times: BatchTimes[] = []
  let failed = 0
  let startedAt = 0
  const now = () => performance.now() - startedAt
  const next = (): FleetBatch =>
    waiting.pop() ?? {
      keys: Array.from({ length: rowsPerBatch }, () => randomUUID()),
      deliveredAt: now(),
    }

  return {
    begin() {
      startedAt = performance.now()
    },
    now,
    undelivered: () => waiting.length,
    take: (count) => Array.from({ length: count }, next),
    settle(delivered, written) {
      for (const key of written) done.add(key)
      let isWhole = true
      for (const { keys, deliveredAt } of delivered) {
        const missing = keys.filter((key) => !done.has(key))
        if (missing.length > 0) waiting.push({ keys: missing, deliveredAt })
        else times.push({ at: now(), took: now() - deliveredAt })
        isWhole &&= missing.length === 0
      }
      if (!isWhole) failed += 1
    },
    done,
    times,
    failed: () => failed,
  }
}
