import { type Backoff, type Clock, equalJitter } from '@spillway/message/internal'
import type { Deadline } from './deadline.ts'

/** The longest wait between two tries. Milliseconds. */
export const longestHoldWait = 2_000

const backoff: Backoff = { base: 100, cap: longestHoldWait }

/** Waits for something that is down or saturated. One for each invocation. */
export interface Hold {
  /** Waits before the next try, with jitter; `false` at once when no time is left for one. */
  wait(): Promise<boolean>
  /** Milliseconds that were waited. */
  held(): number
}

/**
 * Starts with short waits.
 *
 * @param reserve milliseconds of the time for writing that are left to others
 */
export function createHold(writing: Deadline, clock: Clock, random: () => number, reserve = 0): Hold {
  let tries = 0
  let held = 0
  return {
    async wait() {
      tries += 1
      const ms = equalJitter(backoff, tries, random())
      if (writing.expired || ms >= writing.remainingTime() - reserve) return false
      const from = clock.now()
      await clock.sleep(ms, writing.signal)
      held += clock.now() - from
      return !writing.expired
    },
    held: () => held,
  }
}
