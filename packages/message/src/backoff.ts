/** Exponential back-off. All times are in milliseconds. */
export interface Backoff {
  readonly base: number
  readonly cap: number
}

/**
 * The wait before attempt `attempt + 1`, with full jitter: uniform over `[0, min(cap, base × 2^(attempt - 1))]`.
 * Source: AWS Architecture Blog, "Exponential Backoff And Jitter".
 *
 * @param attempt how many attempts there were, from 1
 * @param random a number in `[0, 1)`
 */
export function fullJitter(backoff: Backoff, attempt: number, random: number): number {
  return Math.round(Math.min(backoff.cap, backoff.base * 2 ** Math.min(attempt - 1, 52)) * random)
}
