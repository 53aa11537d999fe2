import type { Clock } from '@spillway/message/internal'
import { sleepOn, type VirtualClock } from './virtual-clock.ts'

/** The clock of an execution environment. Its timers do not fire while Lambda keeps the environment frozen. */
export interface EnvironmentClock extends Clock {
  schedule(run: () => void, ms: number): () => void
  /** Freezes the environment: its timers do not fire, but its time passes. */
  freeze(): void
  /** Thaws the environment and runs the timers that are overdue. */
  thaw(): void
  /** Ends the environment. Its timers never fire again. */
  kill(): void
}

interface Timer {
  readonly at: number
  readonly run: () => void
  cancel: () => void
}

/** Creates the clock of an environment on top of a virtual clock. */
export function createEnvironmentClock(clock: VirtualClock): EnvironmentClock {
  const timers = new Set<Timer>()
  let state: 'running' | 'frozen' | 'dead' = 'running'

  function start(timer: Timer): void {
    timer.cancel = clock.schedule(() => {
      timers.delete(timer)
      timer.run()
    }, timer.at - clock.now())
  }

  function stop(): void {
    for (const timer of timers) timer.cancel()
  }

  function schedule(run: () => void, ms: number): () => void {
    if (state === 'dead') return () => undefined
    const timer: Timer = { at: clock.now() + Math.max(0, ms), run, cancel: () => undefined }
    timers.add(timer)
    if (state === 'running') start(timer)
    return () => {
      timers.delete(timer)
      timer.cancel()
    }
  }

  return {
    now: clock.now,
    schedule,
    sleep: (ms, signal) => sleepOn(schedule, ms, signal),
    freeze() {
      stop()
      state = 'frozen'
    },
    thaw() {
      state = 'running'
      for (const timer of timers) start(timer)
    },
    kill() {
      stop()
      timers.clear()
      state = 'dead'
    },
  }
}
