import { Socket } from 'node:net'
import {
  type Clock,
  checkOptions,
  integer,
  type OptionRules,
  objectWith,
  systemClock,
} from '@spillway/message/internal'
import { adaptiveLevel } from './adaptive-level.ts'
import { exceedsShare, givenShare } from './share.ts'
import { createTurns, type Turn, type TurnUse } from './turns.ts'

/** What {@link connectionLimit} takes. */
export interface ConnectionLimitOptions {
  /**
   * The most connections that this environment has to one database: its share of the budget. Default: the environment
   * variable `SPILLWAY_CONNECTIONS`, which the local runtime and the construct set from `connections` of the app
   * definition; without it 1, which is right where an environment runs one invocation at a time, as Lambda's do.
   */
  readonly connections?: number
  /** Default: the clock of the machine. */
  readonly clock?: Clock
}

/** How many connections one environment has to one database. Pools that are given the same limit share it. */
export interface ConnectionLimit {
  /** The share: what {@link ConnectionLimit.current} never exceeds. */
  readonly connections: number
  /** How many may be open now. Fewer than the share after the server had no room. */
  readonly current: number
  /** How many sockets are open, connecting and closing ones included, and sessions that the server may still have. */
  readonly open: number
  /**
   * A socket of this limit, not yet connected: its `connect` waits until there is room, and it counts until it is
   * closed. For `stream` of `pg`; {@link postgresPool} and {@link mysqlPool} use it by themselves.
   */
  socket(): Socket
  /** For pools: the right to use one connection. `undefined` when none came within so many milliseconds. */
  take(milliseconds: number): Promise<Turn | undefined>
  /** For pools: what each turn is used for; `undefined` where its connection is still being opened. */
  uses(): readonly (TurnUse | undefined)[]
  /** For pools: whether a connection that nobody uses should be closed, because another waits or there are too many. */
  isCrowded(): boolean
  /** For pools: asks to be called when an unused connection should be closed. Answers how to end that. */
  onCrowded(closeUnused: () => boolean): () => void
  /** For pools: a socket is about to be closed, but the server may still have its session. It counts until `ended` settles. */
  countUntil(ended: Promise<unknown>): void
  /** For pools: the server had no room. */
  saturated(): void
  /** For pools: a use of a connection went well. */
  succeeded(): void
}

const rules: OptionRules<ConnectionLimitOptions> = {
  connections: integer(1, 10_000),
  clock: objectWith('now', 'sleep'),
}

/**
 * A limit that this environment cannot exceed, whatever the settings of its pools. It counts sockets, from before they
 * connect until they are closed, and the sessions that a server may still have after that. A client that is made from the
 * options of a pool counts too; the request by which {@link postgresPool} cancels a statement is no session, and does not.
 *
 * When the server has no room for another connection (SQLSTATE 53300, 53400, 57P03, a borrow time-out of RDS Proxy; the
 * same of MySQL), the limit is halved, and grows by one again with each round of successes in which all connections are
 * in use. It never exceeds the share and never falls below 1, so with a share of 1 it never changes.
 *
 * @example
 * ```ts
 * import { connectionLimit, postgresPool } from '@spillway/kysely'
 * import { Pool } from 'pg'
 *
 * const limit = connectionLimit({ connections: 4 })
 * const orders = postgresPool({ Pool, limit, connectionString: process.env.ORDERS_URL })
 * const audit = postgresPool({ Pool, limit, connectionString: process.env.AUDIT_URL })
 * ```
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown or out of range, when it is more than the
 * environment variable allows, or when that is not a whole number from 1 to 10,000.
 */
export function connectionLimit(options: ConnectionLimitOptions = {}): ConnectionLimit {
  checkOptions('connectionLimit', options, rules)
  const share = givenShare(process.env)
  const { clock = systemClock, connections = share ?? 1 } = options
  if (share !== undefined && connections > share) {
    throw exceedsShare(`A limit of ${connections} connections`, share)
  }
  const level = adaptiveLevel({ share: connections, now: clock.now })
  const counted = new Set<object>()
  /** Sessions whose socket is about to be closed: each takes over the slot of the next socket that closes. */
  const lingering = new Set<object>()
  const waiting = new Map<Socket, () => void>()
  const closers = new Set<() => boolean>()
  const turns = createTurns(level.current, clock)

  function isCrowded(): boolean {
    return waiting.size > 0 || counted.size > level.current()
  }

  function admit(): void {
    for (const [socket, connect] of waiting) {
      if (counted.size >= level.current()) break
      waiting.delete(socket)
      counted.add(socket)
      connect()
    }
    if (isCrowded()) [...closers].some((closeUnused) => closeUnused())
  }

  function leave(socket: Socket): void {
    waiting.delete(socket)
    if (counted.delete(socket)) {
      const [session] = lingering
      if (session !== undefined && lingering.delete(session)) counted.add(session)
    }
    admit()
  }

  function countUntil(ended: Promise<unknown>): void {
    lingering.add(ended)
    const free = () => {
      lingering.delete(ended)
      counted.delete(ended)
      admit()
    }
    ended.then(free, free)
  }

  return {
    connections,
    get current() {
      return level.current()
    },
    get open() {
      return counted.size
    },
    socket() {
      const socket = new Socket()
      const connect = socket.connect.bind(socket) as (...parameters: unknown[]) => Socket
      socket.connect = (...parameters: unknown[]) => {
        waiting.set(socket, () => {
          try {
            if (!socket.destroyed) connect(...parameters)
          } catch (error) {
            // A port that does not exist: closed, it counts no longer, and whoever listens to the socket is told.
            socket.destroy(error as Error)
          }
        })
        admit()
        return socket
      }
      socket.once('close', () => leave(socket))
      return socket
    },
    take: turns.take,
    uses: turns.uses,
    isCrowded,
    countUntil,
    onCrowded(closeUnused) {
      closers.add(closeUnused)
      return () => void closers.delete(closeUnused)
    },
    saturated() {
      level.shrink()
      admit()
    },
    succeeded() {
      level.succeed(turns.inUse())
      turns.pass()
      admit()
    },
  }
}
