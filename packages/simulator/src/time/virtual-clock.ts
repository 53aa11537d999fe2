import type { Clock } from '@spillway/message/internal'
import { createHeap } from './heap.ts'

/** A clock whose time advances only in `runUntil`. */
export interface VirtualClock extends Clock {
  schedule(run: () => void, ms: number): () => void
  /** Runs all timers up to a time, in milliseconds since the epoch, and stops there. */
  runUntil(time: number): Promise<void>
}

interface Timer {
  readonly at: number
  /** Timers of the same time run in the order in which they were set. */
  readonly order: number
  run: (() => void) | undefined
}

/**
 * Creates a clock of virtual time. It runs one timer, waits for everything that follows from it, and continues with the
 * next.
 *
 * A callback of `setImmediate` shows that nothing more follows: Node runs it after the queue of microtasks is empty,
 * and simulated code waits only for promises and this clock. The clock would not wait for sockets, files or real
 * timers; `simulate.test.ts` checks that no timer, time or random number of the machine is used.
 *
 * @param start milliseconds since the epoch
 */
export function createVirtualClock(start: number): VirtualClock {
  let now = start
  let order = 0
  const timers = createHeap<Timer>((one, other) => one.at - other.at || one.order - other.order)

  function schedule(run: () => void, ms: number): () => void {
    const timer: Timer = { at: now + Math.max(0, ms), order: order++, run }
    timers.push(timer)
    return () => {
      timer.run = undefined
    }
  }

  return {
    now: () => now,
    schedule,
    sleep: (ms, signal) => sleepOn(schedule, ms, signal),
    async runUntil(time) {
      for (;;) {
        await new Promise(setImmediate)
        while (timers.peek() !== undefined && timers.peek()?.run === undefined) timers.pop()
        const next = timers.peek()
        if (next === undefined || next.at > time) break
        timers.pop()
        now = next.at
        next.run?.()
      }
      now = Math.max(now, time)
    },
  }
}

/** Creates a `sleep` from a `schedule`. */
export function sleepOn(
  schedule: (run: () => void, ms: number) => () => void,
  ms: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const end = () => {
      cancel()
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const cancel = schedule(end, ms)
    signal?.addEventListener('abort', end, { once: true })
  })
}
