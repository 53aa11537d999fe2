/** A number of connections that follows what the server can take: additive increase, multiplicative decrease. */
export interface AdaptiveLevel {
  /** How many connections may be open now: from 1 to the share. */
  current(): number
  /** The server had no room: half as many. Refusals within a second of one another count once. */
  shrink(): void
  /** A use of a connection went well while so many were in use. */
  succeed(inUse: number): void
}

/** What {@link adaptiveLevel} takes. */
export interface AdaptiveLevelOptions {
  /** The most. With 1 the level never changes. */
  readonly share: number
  /** Milliseconds. */
  now(): number
}

/**
 * Milliseconds in which refusals count once: those that were on their way when the first came say nothing new. No
 * growth either: whoever was refused waits at least as long.
 */
const pause = 1_000

/**
 * Starts at the share. Each shrink halves the level, never below 1; as many successes as the level has connections
 * raise it by one, and only while all of them are in use: a level that nobody needs says nothing about the server.
 *
 * Source: D.-M. Chiu and R. Jain, "Analysis of the Increase and Decrease Algorithms for Congestion Avoidance", 1989.
 */
export function adaptiveLevel({ share, now }: AdaptiveLevelOptions): AdaptiveLevel {
  let level = share
  let shrunkAt = Number.NEGATIVE_INFINITY
  const current = () => Math.floor(level)
  const inPause = () => now() - shrunkAt < pause
  return {
    current,
    shrink() {
      if (inPause()) return
      shrunkAt = now()
      level = Math.max(1, current() / 2)
    },
    succeed(inUse) {
      if (inPause() || inUse < current()) return
      level = Math.min(share, level + 1 / current())
    },
  }
}
