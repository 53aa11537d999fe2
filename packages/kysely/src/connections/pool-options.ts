import type { Logger } from '@spillway/message'
import { type Clock, integer, isFunction, type OptionRules, objectWith } from '@spillway/message/internal'
import type { KeepingOptions } from './connection-book.ts'
import type { ConnectionLimit } from './connection-limit.ts'
import { defaultLimit, type SharedLimit } from './default-limit.ts'
import { tooMany } from './share.ts'

/** What {@link postgresPool} and {@link mysqlPool} both take. */
export interface PoolOptions extends KeepingOptions {
  /**
   * The most connections of this pool; its limit may not be exceeded. Default: all that the limit allows; without a `limit` that is the
   * environment variable `SPILLWAY_CONNECTIONS`, else 1. See {@link connectionLimit}.
   */
  readonly connections?: number
  /**
   * A limit that this pool shares with others of this environment. Default: one for all pools of this process to the
   * same host, port and database.
   */
  readonly limit?: ConnectionLimit
  /**
   * Milliseconds to wait for a connection, to the server as well as for a busy pool (`SPILLWAY_CONNECTIONS_BUSY`).
   * Default 5,000: more than a failover's DNS change needs, less than an invocation has.
   */
  readonly connectionTimeoutMillis?: number
  /**
   * Milliseconds after which a connection in use may be closed for somebody who waits for one: its statement got no answer, or it was not given back. Default 60,000. Set it to the function's time-out where that is longer.
   */
  readonly longestUseMillis?: number
  /**
   * How many connections all environments together may open: the budget. If set, the first connection of the pool
   * compares it with what the server allows, by one statement, and a contradiction is logged once. Writes go on.
   */
  readonly budget?: number
  /** Logs contradictions of the budget and connections that are closed while in use. Default: {@link consoleLogger}. */
  readonly logger?: Logger
  /**
   * Default: the clock of the machine.
   *
   * @internal
   */
  readonly clock?: Clock
  /**
   * A number in `[0, 1)`, for the spread of lifetimes. Default `Math.random`.
   *
   * @internal
   */
  readonly random?: () => number
}

/** A pool whose unused connections can be closed. */
export interface LimitedPool {
  readonly limit: ConnectionLimit
  /** Closes the unused connections; resolves when the server has closed its side. Never rejects. */
  closeUnused(): Promise<void>
}

/** Milliseconds to wait for a server that does not close a connection after the goodbye. */
export const goodbye = 2_000

/** The rules of the common options. */
export const poolRules: OptionRules<PoolOptions> = {
  connections: integer(1, 10_000),
  limit: objectWith('socket', 'take'),
  connectionTimeoutMillis: integer(1, 900_000),
  idleTimeoutMillis: integer(1, 86_400_000),
  maxLifetimeMillis: integer(1, 86_400_000),
  maxUses: integer(1, Number.MAX_SAFE_INTEGER),
  longestUseMillis: integer(1_000, 900_000),
  budget: integer(1, 1_000_000),
  logger: objectWith('info', 'warn', 'error'),
  clock: objectWith('now', 'sleep'),
  random: isFunction,
}

/** The limit of a pool with these options to a database. */
export function limitOf(options: PoolOptions, database: string): SharedLimit {
  // Not in the parameters: the declaration would name `clock`, which is stripped from the options.
  const { limit, connections, clock } = options
  if (limit === undefined) return defaultLimit({ database, connections, clock })
  if (connections !== undefined && connections > limit.connections) {
    throw tooMany(`A pool of ${connections} connections`, `its \`limit\` has ${limit.connections}`)
  }
  return { limit, leave: () => undefined }
}
