/** An allowance that grows with time up to one second's worth: what a shard may take or give. */
export interface Allowance {
  /** Whether `amount` may be taken at this time, in milliseconds. More than a second's worth needs a full allowance. */
  allows(amount: number, now: number): boolean
  /** Takes it. The allowance may go below zero: then it has to grow back. */
  take(amount: number, now: number): void
}

/** Makes a full allowance. */
export function createAllowance(perSecond: number): Allowance {
  // In thousandths, so that every number is whole and nothing is rounded.
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
