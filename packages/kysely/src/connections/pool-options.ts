import type { Logger } from '@spillway/message'
import {
  type Clock,
  integer,
  internal,
  isClock,
  isRandom,
  type OptionRules,
  objectWith,
} from '@spillway/message/internal'
import type { KeepingOptions } from './connection-book.ts'
import type { ConnectionLimit } from './connection-limit.ts'
import { defaultLimit, type SharedLimit } from './default-limit.ts'
import { tooMany } from './share.ts'

/** Options that {@link postgresPool} and {@link mysqlPool} have in common. */
export interface PoolOptions extends KeepingOptions {
  /**
   * The maximum number of connections of this pool. It must not exceed its limit. Default: all that the limit allows;
   * without a `limit`, the environment variable `SPILLWAY_CONNECTIONS`, else 1. See {@link connectionLimit}.
   */
  readonly connections?: number
  /**
   * A limit that this pool shares with other pools of this environment. Default: one limit for all pools of this
   * process to the same host, port and database.
   */
  readonly limit?: ConnectionLimit
  /**
   * Milliseconds to wait for a connection: for the server to accept it, and for a busy pool
   * (`SPILLWAY_CONNECTIONS_BUSY`). Default 5,000: longer than the DNS change of a failover takes, shorter than an
   * invocation.
   */
  readonly connectionTimeoutMillis?: number
  /**
   * Milliseconds after which a connection in use may be closed while another use waits for one: its statement got no
   * answer, or it was not returned. Default 60,000. Set it to the function's time-out if that is longer.
   */
  readonly longestUseMillis?: number
  /**
   * The number of connections that all environments together may open: the budget. If it is set, the first connection
   * of the pool compares it with the limits of the server, by one statement, and logs contradictions once. Writes
   * continue.
   */
  readonly budget?: number
  /**
   * Receives contradictions of the budget, and connections that are closed while in use. Default:
   * {@link consoleLogger}.
   */
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

/** Milliseconds to wait for the server to close a connection after the driver has ended it. */
export const closeWaitMillis = 2_000

/** The rules of the common options. */
export const poolRules: OptionRules<PoolOptions> = {
  connections: integer(1, 10_000),
  limit: objectWith('socket', 'take'),
  connectionTimeoutMillis: integer(1, 900_000),
  idleTimeoutMillis: internal(integer(1, 86_400_000)),
  maxLifetimeMillis: internal(integer(1, 86_400_000)),
  maxUses: internal(integer(1, Number.MAX_SAFE_INTEGER)),
  longestUseMillis: integer(1_000, 900_000),
  budget: integer(1, 1_000_000),
  logger: objectWith('info', 'warn', 'error'),
  clock: isClock,
  random: isRandom,
}

/** The limit of a pool with these options to a database. */
export function limitOf(options: PoolOptions, database: string): SharedLimit {
  // Not destructured in the parameters: the declaration would name `clock`, which is stripped from the options.
  const { limit, connections, clock } = options
  if (limit === undefined) return defaultLimit({ database, connections, clock })
  if (connections !== undefined && connections > limit.connections) {
    throw tooMany(`A pool of ${connections} connections`, `its \`limit\` has ${limit.connections}`)
  }
  return { limit, leave: () => undefined }
}
