/** Exponential back-off. Both times are in one unit, and so are the waits that come of them. */
export interface Backoff {
  readonly base: number
  readonly cap: number
  /** By how much each wait is longer than the one before. Default 2. */
  readonly factor?: number
}

/**
 * The wait before attempt `attempt + 1`, with full jitter: uniform over `[0, min(cap, base × factor^(attempt - 1))]`.
 * Source: AWS Architecture Blog, "Exponential Backoff And Jitter".
 *
 * @param attempt how many attempts there were, from 1
 * @param random a number in `[0, 1)`
 */
export function fullJitter(backoff: Backoff, attempt: number, random: number): number {
  const { base, cap, factor = 2 } = backoff
  return Math.round(Math.min(cap, base * factor ** Math.min(attempt - 1, 52)) * random)
}

/**
 * As {@link fullJitter}, but never less than half of the longest wait: for a wait that is worth something only when it
 * lasts. Source: AWS Architecture Blog, "Exponential Backoff And Jitter" (equal jitter).
 */
export function equalJitter(backoff: Backoff, attempt: number, random: number): number {
  return fullJitter(backoff, attempt, 0.5 + random / 2)
}

/**
 * The back-off of deliveries where `batch` is given none. Seconds. The cap is how long a record may sleep on after an
 * outage; both, with the `maxReceiveCount` of the queue, are how long an outage may last.
 */
// Not frozen by a call: a bundle that has no use for it would keep it.
export const deliveryBackoff: Backoff = { base: 30, cap: 90 }
