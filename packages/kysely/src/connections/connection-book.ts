import type { Clock } from '@spillway/message/internal'

/** How long connections are kept. */
export interface KeepingOptions {
  /**
   * Milliseconds after which an unused connection is closed instead of used. Default 60,000: less than the 350 s
   * after which NAT gateways and load balancers silently drop a connection.
   *
   * @internal
   */
  readonly idleTimeoutMillis?: number
  /**
   * Milliseconds after which a connection is replaced as soon as it is unused, so that a failover or a new password
   * reaches every environment. Default 1,800,000, half an hour; Aurora DSQL ends connections after an hour. Each
   * connection gets a random time between three quarters of it and all of it, so that the connections of many
   * environments do not end together.
   *
   * @internal
   */
  readonly maxLifetimeMillis?: number
  /**
   * Uses after which a connection is replaced, spread in the same way; for tests. Default: no limit.
   *
   * @internal
   */
  readonly maxUses?: number
}

/** The state of a pool's connections. Ages come from the clock, because the timers of a frozen environment stop. */
export interface ConnectionBook<Connection extends object> {
  opened(connection: Connection): void
  taken(connection: Connection): void
  returned(connection: Connection): void
  /** Excludes the connection from further use. */
  condemn(connection: Connection): void
  /** Whether it may be used now. */
  isFit(connection: Connection): boolean
  /** Whether the connection is not condemned. */
  isHealthy(connection: Connection): boolean
  /** Whether it should be kept for another use: it is healthy, not too old and not used too often. */
  isWorthKeeping(connection: Connection): boolean
  /** The unused connections that are not condemned, the one unused for longest first. */
  unused(): readonly Connection[]
  /**
   * Lets pending events of unused sockets arrive before one is used. When the server closed a connection while this
   * environment was frozen, the kernel knows it, but the event loop has not read it yet when the invocation begins.
   */
  drainSocketEvents(): Promise<void>
}

interface Entry {
  readonly endsAt: number
  usesLeft: number
  wasUsed: boolean
  returnedAt: number
}

/** Milliseconds without use after which an environment may have been frozen. */
const quiet = 20
/**
 * Milliseconds for which a new connection is usable regardless of its limits; very short limits would replace it
 * forever.
 */
const grace = 1_000

/** Creates the state of a pool's connections. */
export function connectionBook<Connection extends object>(
  options: KeepingOptions,
  clock: Clock,
  random: () => number,
): ConnectionBook<Connection> {
  const { idleTimeoutMillis = 60_000 } = options
  const entries = new WeakMap<Connection, Entry>()
  const unused = new Set<Connection>()
  const condemned = new WeakSet<Connection>()
  let lastReturn = 0

  function isWorthKeeping(connection: Connection): boolean {
    const entry = entries.get(connection)
    if (entry === undefined || condemned.has(connection)) return false
    return entry.usesLeft > 0 && clock.now() < entry.endsAt
  }

  return {
    opened(connection) {
      entries.set(connection, newEntry(options, clock.now(), random()))
      unused.add(connection)
    },
    taken(connection) {
      unused.delete(connection)
      const entry = entries.get(connection)
      if (entry === undefined) return
      entry.usesLeft -= 1
      entry.wasUsed = true
    },
    returned(connection) {
      lastReturn = clock.now()
      const entry = entries.get(connection)
      if (entry !== undefined) entry.returnedAt = lastReturn
      if (!condemned.has(connection)) unused.add(connection)
    },
    condemn(connection) {
      unused.delete(connection)
      condemned.add(connection)
    },
    isFit(connection) {
      const entry = entries.get(connection)
      if (entry === undefined || condemned.has(connection)) return false
      const idle = clock.now() - entry.returnedAt
      if (!entry.wasUsed) return idle <= Math.max(grace, idleTimeoutMillis)
      return isWorthKeeping(connection) && idle <= idleTimeoutMillis
    },
    isHealthy: (connection) => !condemned.has(connection),
    isWorthKeeping,
    unused: () => [...unused],
    async drainSocketEvents() {
      if (unused.size === 0 || clock.now() - lastReturn < quiet) return
      for (let turn = 0; turn < 2; turn += 1) await new Promise(setImmediate)
    },
  }
}

/** Limits are spread by a quarter, so that connections that were opened together do not end together. */
function newEntry(options: KeepingOptions, now: number, random: number): Entry {
  const { maxLifetimeMillis = 1_800_000, maxUses = Infinity } = options
  const spread = 1 - random / 4
  return {
    endsAt: now + maxLifetimeMillis * spread,
    usesLeft: Math.ceil(maxUses * spread),
    wasUsed: false,
    returnedAt: now,
  }
}
