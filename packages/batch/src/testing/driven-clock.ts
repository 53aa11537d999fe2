import { type VirtualClock, virtualClock } from '../../../sqs/src/testing/virtual-clock.ts'

/** A virtual clock that knows what comes next. */
export interface DrivenClock extends VirtualClock {
  /** Lets everything run that waits for nothing but its turn, then moves on to the next timer, if there is one. */
  next(): Promise<void>
}

/** Starts at 0. */
export function drivenClock(): DrivenClock {
  const clock = virtualClock()
  const timers = new Set<{ readonly at: number }>()
  return {
    ...clock,
    async sleep(ms, signal) {
      const timer = { at: clock.now() + ms }
      timers.add(timer)
      await clock.sleep(ms, signal)
      timers.delete(timer)
    },
    async next() {
      await clock.advance(0)
      const at = Math.min(...[...timers].map((timer) => timer.at))
      if (Number.isFinite(at)) await clock.advance(at - clock.now())
    },
  }
}
