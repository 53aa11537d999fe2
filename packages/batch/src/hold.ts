import { type Backoff, type Clock, equalJitter } from '@spillway/message/internal'
import type { Deadline } from '@spillway/transport'

/** The longest wait between two tries. Milliseconds. */
export const longestHoldWait = 2_000

/**
 * The most that is waited in all where only a part of what the records need is down, by milliseconds: enough for a
 * connection that is lost or a busy moment. An invocation that waits longer keeps healthy messages from being received.
 */
export const partialHold = 1_000

const backoff: Backoff = { base: 100, cap: longestHoldWait }

/** Waits for something that is down or saturated. One for each invocation. */
export interface Hold {
  /**
   * Waits before the next try, with jitter; `false` at once when no time is left for one.
   *
   * @param most milliseconds that may be waited in all
   */
  wait(most?: number): Promise<boolean>
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
    async wait(most = Number.POSITIVE_INFINITY) {
      tries += 1
      const ms = equalJitter(backoff, tries, random())
      if (writing.expired || ms >= writing.remainingTime() - reserve || held + ms > most) return false
      const from = clock.now()
      await clock.sleep(ms, writing.signal)
      held += clock.now() - from
      return !writing.expired
    },
    held: () => held,
  }
}
