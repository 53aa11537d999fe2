import {
  checkOptions,
  integer,
  internal,
  isFunction,
  type OptionRules,
  required,
} from '@spillway/message/internal'
import type { PostgresPool } from 'kysely'
import {
  type ConnectionLeases,
  createConnectionLeases,
  openPool,
} from '../../connections/connection-leases.ts'
import { databaseAddress } from '../../connections/database-address.ts'
import { type LimitedPool, type PoolOptions, poolRules } from '../../connections/pool-options.ts'
import { createClientReturns } from './client-returns.ts'
import { isUnderWay, type PgClient } from './pg-client.ts'
import { statementOf } from './pipeline-transactions.ts'
import { postgresWords, readPostgresLimits } from './postgres-server-limits.ts'
import { clientPreparer } from './prepare-client.ts'

/** The part of a `pg` pool that {@link postgresPool} needs. */
export interface PgPool {
  readonly options: object
  connect(): Promise<PgClient>
  end(callback?: () => void): Promise<void>
  on(event: 'error', listener: () => void): unknown
  on(event: 'connect', listener: (client: PgClient) => void): unknown
}

/** Options of {@link postgresPool}. */
export interface PostgresPoolOptions<Config extends object> extends PoolOptions {
  /** The `Pool` class of `pg`. */
  readonly Pool: new (
    config: Config,
  ) => PgPool
  /** The URL of the database. Default: the `PG*` environment variables, as `pg` reads them. */
  readonly connectionString?: string | undefined
  /**
   * Milliseconds after which the server ends a transaction that waits for its next statement (SQLSTATE 25P03), with its
   * session, so that an environment that is frozen inside a transaction keeps neither locks nor a connection. The limit
   * is sent with each BEGIN. A limit of the role has precedence, and is the one that apps set. Default 10,000; 0 means
   * none.
   *
   * @internal
   */
  readonly idleInTransactionSessionTimeoutMillis?: number
  /**
   * Further options of `pg`: `ssl`, a `password` function for IAM, `statement_timeout`. The options of `postgresPool`
   * override them.
   */
  readonly config?: Config
}

const rules: OptionRules<PostgresPoolOptions<object>> = {
  ...poolRules,
  Pool: required(isFunction),
  connectionString: {
    expected: 'a URL (postgres://user@host:5432/database) or the path of a socket',
    test: (value) =>
      typeof value === 'string' && /^(?:\/|(?:postgres(?:ql)?|pg(?:sql)?|socket):)/i.test(value),
  },
  idleInTransactionSessionTimeoutMillis: internal(integer(0, 86_400_000)),
  config: {
    expected: 'an object of options of pg',
    test: (value) => typeof value === 'object' && value !== null,
  },
}

const ignore = () => undefined

/**
 * A pool for Kysely's `PostgresDialect` that never opens more connections than its share, and handles the events in the
 * life of a Lambda environment:
 *
 * - a {@link connectionLimit}, which several pools can share, counts its sockets from before they connect until they
 *   are closed: a replaced connection is closed before the next one is opened
 * - a freeze stops the timers that close idle connections: the pool reads the age of a connection from the clock, and
 *   replaces a connection before use if it is too old, or if the server has ended it
 * - a restart of the server emits `error` on the pool or on a client, which without listeners would end the process:
 *   the pool has listeners
 * - a host that vanishes leaves a statement without an answer: the pool closes a connection that was in use for too
 *   long when another use waits
 * - a failover can leave a connection to a server that no longer accepts writes: the pool closes it after a statement
 *   that fails for this reason (SQLSTATE 25006)
 * - a freeze inside a transaction leaves locks and a session behind: each BEGIN sets a limit, after which the server
 *   ends a transaction that waits for its next statement
 * - a connection that is returned inside a transaction, or whose driver stopped waiting for the answer
 *   (`query_timeout`), is closed: later statements would be part of that transaction, or wait for that answer
 *
 * `keepAlive` is on, `min` is 0, and unused connections do not keep the process alive.
 *
 * A frozen environment keeps its connections; {@link closeAfterInvocation} closes them.
 *
 * @example
 * ```ts
 * import { postgresPool } from '@spillway/kysely'
 * import { Kysely, PostgresDialect } from 'kysely'
 * import { Pool } from 'pg'
 *
 * const db = new Kysely({
 *   dialect: new PostgresDialect({ pool: postgresPool({ Pool, connectionString: process.env.DATABASE_URL }) }),
 * })
 * ```
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range.
 */
export function postgresPool<Config extends object>(
  options: PostgresPoolOptions<Config>,
): PostgresPool & LimitedPool {
  checkOptions('postgresPool', options, rules)
  const { Pool, config, connectionString } = options
  const returns = createClientReturns()
  const leases = createConnectionLeases<PgClient>(options, {
    name: 'postgresPool',
    async open() {
      const client = await pool.connect()
      returns.add(client)
      return client
    },
    discard: returns.discard,
    // A client whose `end` fails has ended too.
    close: (client) => client.end().catch(ignore),
    readLimits: readPostgresLimits,
    words: postgresWords,
    isBusy: isUnderWay,
    quote: '"',
    statementOf,
    database: databaseAddress(connectionString, config, {
      host: process.env.PGHOST ?? 'localhost',
      port: process.env.PGPORT ?? 5432,
      database: process.env.PGDATABASE,
    }),
  })
  const settings = driverSettings(options, leases)
  const pool: PgPool = openPool(leases, 'postgresPool', () => new Pool(settings))
  // Nothing is lost: the user of the connection gets the error from its statement, an unused connection is replaced,
  // and if the server is down, the next connection attempt fails. These errors are not logged, because the server ends
  // idle sessions on purpose to keep the budget.
  pool.on('error', ignore)
  pool.on('connect', clientPreparer(options, leases, returns.settle))

  return {
    options: pool.options,
    limit: leases.limit,
    closeUnused() {
      returns.settleAll()
      return leases.closeUnused()
    },
    connect: async () => returns.lend(await leases.take(), leases),
    end() {
      returns.settleAll()
      leases.stop()
      return pool.end()
    },
  }
}

/** The options of `pg`. */
function driverSettings<Config extends object>(
  options: PostgresPoolOptions<Config>,
  { connections, limit }: ConnectionLeases<PgClient>,
): Config {
  const { config, connectionString } = options
  const { connectionTimeoutMillis = 5_000, idleTimeoutMillis = 60_000 } = options
  return {
    ...config,
    ...(connectionString === undefined ? {} : { connectionString }),
    max: connections,
    min: 0,
    connectionTimeoutMillis,
    idleTimeoutMillis,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    allowExitOnIdle: true,
    stream: limit.socket,
  } as unknown as Config
}
