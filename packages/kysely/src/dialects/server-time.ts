/** The time limit for a server, in whole milliseconds: its answer must arrive before the deadline. */
export function serverTime(left: number): number {
  return Math.max(1, Math.floor(left - Math.min(250, left * 0.1)))
}

/** Extra milliseconds for a COMMIT in flight, and for an environment with little CPU. */
export const commitGrace = 1_000

/** The share of a server's time limit after which it ends a wait for a lock, so that another try is possible. */
export const lockShare = 0.8
