import type { Clock } from '@spillway/message/internal'

/** A clock that a test moves. */
export interface VirtualClock extends Clock {
  /** Moves on, timer by timer, and lets what waits for each run before the next. */
  advance(ms: number): Promise<void>
}

interface Timer {
  readonly at: number
  readonly fire: () => void
}

/** Starts at 0. */
export function virtualClock(): VirtualClock {
  let now = 0
  const timers = new Set<Timer>()

  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const timer = {
          at: now + ms,
          fire() {
            timers.delete(timer)
            resolve()
          },
        }
        timers.add(timer)
        signal?.addEventListener('abort', timer.fire, { once: true })
        if (signal?.aborted) timer.fire()
      }),
    async advance(ms) {
      const end = now + ms
      await settle()
      for (;;) {
        let next: Timer | undefined
        // Of the timers of the same time, the first that was set.
        for (const timer of timers) if (next === undefined || timer.at < next.at) next = timer
        if (next === undefined || next.at > end) break
        now = next.at
        next.fire()
        await settle()
      }
      now = end
    },
  }
}

/** Lets everything run that waits for nothing but its turn. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
