import type { Clock } from '@spillway/message/internal'
import type { Batch } from './batch.ts'

/** What {@link startPollers} takes. */
export interface PollersOptions {
  /** The most pollers. `undefined` is 1,250. */
  readonly maximum: number | undefined
  readonly clock: Clock
  /** Ends the pollers when it aborts. */
  readonly signal: AbortSignal
  /** Called once for each poller. */
  worker(): Worker
}

/** The work of one poller. */
export interface Worker {
  /**
   * Resolves with the next batch, or `undefined` when there is none now. A worker that had to wait for its turn calls
   * `isNeeded`, and stops when the result is `false`. It calls `onFirst` when it has the first record.
   */
  next(isNeeded: () => boolean, onFirst: () => void): Promise<Batch | undefined>
  /** Whether it keeps records for its next batch; then its poller must not end. */
  holds(): boolean
  /** Must not reject. */
  run(batch: Batch): Promise<void>
}

/** Loops that each collect a batch and run it. */
export interface Pollers {
  count(): number
  /** Resolves once all have ended. */
  readonly ended: Promise<void>
}

const start = 5
const ceiling = 1250
/** How many pollers are added after each second in which all were busy. Lambda adds 300 per minute. */
const step = 5
/** A poller counts as busy if the pause since its last batch is shorter than this. Milliseconds. */
const busyPause = 250
/** The longest pause while the queue does not answer. Milliseconds. */
const longestPause = 2000

/**
 * Runs pollers: five at first, five more after each second in which all are busy, and five again when the queue is
 * empty. A poller handles one batch at a time, from its first receive to its end, so no more records are received than
 * can be invoked.
 */
export function startPollers({ maximum = ceiling, clock, signal, worker }: PollersOptions): Pollers {
  const base = Math.min(start, maximum)
  /** The time since which each poller waits; `undefined` while it has records. */
  const live = new Map<symbol, number | undefined>()
  const loops = new Set<Promise<void>>()
  let target = base

  async function poll(): Promise<void> {
    const self = Symbol()
    const { next, holds, run } = worker()
    // A poller ends only while there are too many, and never while it holds records that no other poller would take.
    const isNeeded = () => holds() || live.size <= target
    live.set(self, clock.now())
    let failures = 0
    while (!signal.aborted && isNeeded()) {
      try {
        const batch = await next(isNeeded, () => live.set(self, undefined))
        failures = 0
        if (batch === undefined) target = base
        else await run(batch)
      } catch {
        failures += 1
        await clock.sleep(Math.min(longestPause, 50 * 2 ** failures), signal)
      }
      live.set(self, clock.now())
    }
    live.delete(self)
  }

  function fill(): void {
    while (live.size < target) {
      const loop = poll().finally(() => loops.delete(loop))
      loops.add(loop)
    }
  }

  function allBusy(): boolean {
    const now = clock.now()
    return [...live.values()].every((since) => since === undefined || now - since < busyPause)
  }

  async function scale(): Promise<void> {
    fill()
    while (!signal.aborted) {
      await clock.sleep(1000, signal)
      if (signal.aborted) return
      if (allBusy()) target = Math.min(maximum, target + step)
      fill()
    }
  }

  const scaling = scale()
  return {
    count: () => live.size,
    ended: scaling.then(async () => {
      while (loops.size > 0) await Promise.all(loops)
    }),
  }
}
