/** Exponential back-off. The waits have the unit of `base` and `cap`. */
export interface Backoff {
  readonly base: number
  readonly cap: number
  /** Each wait is this many times as long as the one before. Default 2. */
  readonly factor?: number
}

/**
 * The wait before attempt `attempt + 1`, with full jitter: uniform over `[0, min(cap, base × factor^(attempt - 1))]`.
 * Source: AWS Architecture Blog, "Exponential Backoff And Jitter".
 *
 * @param attempt how many attempts were made, from 1
 * @param random a number in `[0, 1)`
 */
export function fullJitter(backoff: Backoff, attempt: number, random: number): number {
  const { base, cap, factor = 2 } = backoff
  return Math.round(Math.min(cap, base * factor ** Math.min(attempt - 1, 52)) * random)
}

/**
 * As {@link fullJitter}, but at least half of the longest wait: for a wait that must not be short. Source: AWS
 * Architecture Blog, "Exponential Backoff And Jitter" (equal jitter).
 */
export function equalJitter(backoff: Backoff, attempt: number, random: number): number {
  return fullJitter(backoff, attempt, 0.5 + random / 2)
}

/**
 * The default back-off of `batch` between deliveries. Seconds. After an outage a record may wait for up to `cap`
 * seconds. Together with the `maxReceiveCount` of the queue, both values determine how long an outage may last.
 */
// Not frozen: a bundler could not drop the call where nothing uses it.
export const deliveryBackoff: Backoff = { base: 30, cap: 90 }
