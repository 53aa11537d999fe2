/** The time that a server gets, in whole milliseconds: its answer has to arrive before the deadline. */
export function serverTime(left: number): number {
  return Math.max(1, Math.floor(left - Math.min(250, left * 0.1)))
}

/** Milliseconds for a COMMIT in flight, and for an environment that is short of CPU. */
export const commitGrace = 1_000

/** The share of a server's time after which a wait for a lock ends, so that another try is possible. */
export const lockShare = 0.8
