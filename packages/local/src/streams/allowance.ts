/** A token bucket with one second's worth of tokens: the limit of a shard. */
export interface Allowance {
  /** Whether `amount` may be taken at the time `now` in milliseconds. More than a second's worth needs a full bucket. */
  allows(amount: number, now: number): boolean
  /** Takes the tokens. The bucket may go below zero and must then refill. */
  take(amount: number, now: number): void
}

/** Creates a full bucket. */
export function createAllowance(perSecond: number): Allowance {
  // In thousandths, so that all numbers are integers and nothing is rounded.
  const full = perSecond * 1000
  let left = full
  let at = Number.NEGATIVE_INFINITY
  function refill(now: number): void {
    if (now > at) left = Math.min(full, left + (now - at) * perSecond)
    at = now
  }
  return {
    allows(amount, now) {
      refill(now)
      return left >= Math.min(amount * 1000, full)
    },
    take(amount, now) {
      refill(now)
      left -= amount * 1000
    },
  }
}
