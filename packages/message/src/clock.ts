import { setTimeout as delay } from 'node:timers/promises'

/** Time as a port, so that tests of time are exact and fast. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after `ms` milliseconds, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** The clock of the machine. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  async sleep(ms: number, signal?: AbortSignal) {
    await delay(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined)
  },
})
