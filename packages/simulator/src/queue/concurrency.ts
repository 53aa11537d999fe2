import type { VirtualClock } from '../time/virtual-clock.ts'

/** The number of pollers that Lambda keeps without a backlog. */
export const idlePollers = 5
const mostPollers = 1250
/** How many concurrent invocations Lambda adds per second: 300 per minute. */
const rampPerSecond = 5
/** Milliseconds until Lambda adds a poller while all are busy. */
export const rampTime = 1000 / rampPerSecond
/**
 * Milliseconds without a backlog after which the number of pollers falls. Lambda does not document it; in practice it
 * takes minutes.
 */
const calmTime = 60_000

/** How many pollers a mapping may have. */
export interface Concurrency {
  allowed(): number
  /** Whether Lambda adds pollers while all are busy. */
  mayGrow(): boolean
  /** Called when all pollers are busy, and when one is not. */
  saturated(isSaturated: boolean): void
  /** Sets the maximum concurrency; `undefined` means Lambda's. */
  limit(maximumConcurrency: number | undefined): void
}

/** Creates the number of pollers. It grows while all are busy, and is kept for a minute afterwards. */
export function createConcurrency(clock: VirtualClock, maximumConcurrency: number | undefined): Concurrency {
  let limit = maximumConcurrency ?? mostPollers
  let base = idlePollers
  let since: number | undefined
  let calmSince = 0
  const grown = () =>
    since === undefined ? base : base + Math.floor(((clock.now() - since) / 1000) * rampPerSecond)

  function allowed(): number {
    if (since === undefined && clock.now() - calmSince > calmTime) base = idlePollers
    return Math.min(limit, mostPollers, grown())
  }

  return {
    allowed,
    mayGrow: () => allowed() < limit,
    saturated(isSaturated) {
      if (isSaturated === (since !== undefined)) return
      base = Math.min(mostPollers, grown())
      since = isSaturated ? clock.now() : undefined
      calmSince = clock.now()
    },
    limit(changed) {
      limit = changed ?? mostPollers
    },
  }
}
