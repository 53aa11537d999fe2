import { type Backoff, type Clock, equalJitter } from '@spillway/message/internal'
import type { Deadline } from '@spillway/transport'

/** The longest wait between two attempts. Milliseconds. */
export const longestHoldWait = 2_000

/**
 * The longest hold while only a part of the dependencies is down, in milliseconds: enough for a lost connection or a busy
 * moment. A longer wait keeps healthy messages from being received.
 */
export const partialHold = 1_000

const backoff: Backoff = { base: 100, cap: longestHoldWait }

/** Waits for a dependency that is down or saturated. One for each invocation. */
export interface Hold {
  /**
   * Waits with jitter before the next attempt. Returns `false` without waiting when no time is left for another attempt.
   *
   * @param most the longest hold of the invocation, in milliseconds
   */
  wait(most?: number): Promise<boolean>
  /** Milliseconds waited so far. */
  held(): number
}

/**
 * Creates the hold of an invocation. Its waits become longer.
 *
 * @param reserve milliseconds of the time for writing in which it does not wait
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
