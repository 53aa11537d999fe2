import { consoleLogger } from '@spillway/message'
import {
  checkOptions,
  integer,
  isFunction,
  type OptionRules,
  quietLogger,
  required,
  systemClock,
} from '@spillway/message/internal'
import type { PostgresPool, PostgresPoolClient } from 'kysely'
import { databaseAddress } from '../../connections/database-address.ts'
import { createLending, openPool } from '../../connections/lending.ts'
import { type LimitedPool, type PoolOptions, poolRules } from '../../connections/pool-options.ts'
import { watchQueries } from '../../connections/watch-queries.ts'
import { endSessions, isUnderWay } from './end-session.ts'
import { idleTransactionLimit } from './limit-idle-transactions.ts'
import { pipelineTransactions } from './pipeline-transactions.ts'
import { postgresWords, readPostgresLimits } from './postgres-budget.ts'
import { keepReasonOfEnd } from './reason-of-end.ts'
import { streamOf } from './stream-of.ts'

/** The part of a `pg` client that {@link postgresPool} needs. */
export interface PgClient extends PostgresPoolClient {
  end(callback?: () => void): Promise<void>
  on(event: 'error' | 'drain' | 'end', listener: (error: unknown) => void): unknown
  off(event: 'drain' | 'end', listener: () => void): unknown
  once(event: 'end', listener: () => void): unknown
}

/** The part of a `pg` pool that {@link postgresPool} needs. */
export interface PgPool {
  readonly options: object
  connect(): Promise<PgClient>
  end(callback?: () => void): Promise<void>
  on(event: 'error', listener: () => void): unknown
  on(event: 'connect', listener: (client: PgClient) => void): unknown
}

/** What {@link postgresPool} takes. */
export interface PostgresPoolOptions<Config extends object> extends PoolOptions {
  /** The `Pool` class of `pg`. */
  readonly Pool: new (
    config: Config,
  ) => PgPool
  /** Default: the `PG*` environment variables, as `pg` reads them. */
  readonly connectionString?: string | undefined
  /**
   * Milliseconds after which the server ends a statement (SQLSTATE 57014). Default: the server's own setting. Sent
   * when a connection starts. PgBouncer refuses it, unless its `ignore_startup_parameters` has `statement_timeout`; then
   * it has no effect. Behind PgBouncer set the time-out for the role instead: `alter role app set statement_timeout`.
   */
  readonly statementTimeoutMillis?: number
  /**
   * Milliseconds after which the server ends a transaction that waits for its next statement (SQLSTATE 25P03), with its
   * session: an environment that is frozen in the middle of one keeps neither locks nor a connection. Default 10,000: longer
   * than a transaction should wait for anything but the database; 0 is none. It travels with each BEGIN and ends with the
   * transaction; a limit of the session's own, that of the role for example, is left alone.
   */
  readonly idleInTransactionSessionTimeoutMillis?: number
  /** Whatever else `pg` takes: `ssl`, a `password` function for IAM. The options above win. */
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
  statementTimeoutMillis: integer(1, 900_000),
  idleInTransactionSessionTimeoutMillis: integer(0, 86_400_000),
  config: {
    expected: 'an object of options of pg',
    test: (value) => typeof value === 'object' && value !== null,
  },
}

const ignore = () => undefined

/**
 * A pool for Kysely's `PostgresDialect` that never opens more than its share of connections and survives what
 * happens to Lambda environments:
 *
 * - its sockets are counted by a {@link connectionLimit}, which several pools can share, from before they connect until
 *   they are closed: a connection that is replaced is gone before the next one is opened
 * - a freeze stops the timers that close idle connections: the age of a connection is read from the clock, and one
 *   that is too old is closed rather than used; one that the server ended meanwhile is found before it is used
 * - a restart of the server is an `error` event on the pool or on a client: without listeners it ends the process
 * - a host that vanishes leaves a statement without an answer, which holds its connection for good: once it is in use
 *   for too long and another is wanted, it is closed
 * - a failover can leave a connection to a server that no longer takes writes: after a statement that says so (SQLSTATE
 *   25006) it is closed rather than used
 * - a freeze in the middle of a transaction leaves its locks and its session: each BEGIN has a limit with it, after which
 *   the server ends a transaction that waits for its next statement
 * - a connection that is given back in the middle of a transaction, or whose statement the driver gave up
 *   (`query_timeout`), is closed: what others did on it would be part of that transaction, or wait for that statement
 *
 * `keepAlive` is on, `min` is 0, and unused connections do not keep the process alive.
 *
 * A frozen environment keeps its connections: see {@link closeAfterInvocation} for the environments that are not the
 * ones working now.
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
  const { Pool, config, connectionString, statementTimeoutMillis, clock = systemClock } = options
  const { connectionTimeoutMillis = 5_000, idleTimeoutMillis = 60_000 } = options
  const { idleInTransactionSessionTimeoutMillis: longestIdle = 10_000 } = options
  const limitIdleTransactions = longestIdle === 0 ? ignore : idleTransactionLimit(longestIdle)
  const logger = quietLogger(options.logger ?? consoleLogger)
  /** What hands a client back to the pool of `pg`. */
  const releases = new WeakMap<PgClient, (destroy?: boolean) => void>()
  /** Those whose use has ended before the server had said all. */
  const underWay = new Map<PgClient, () => void>()
  const lending = createLending<PgClient>(options, {
    name: 'postgresPool',
    async open() {
      const client = await pool.connect()
      releases.set(client, client.release.bind(client))
      return client
    },
    discard: (client) => releases.get(client)?.(true),
    // What ends badly has ended.
    close: (client) => client.end().catch(ignore),
    readLimits: readPostgresLimits,
    words: postgresWords,
    isBusy: isUnderWay,
    quote: '"',
    database: databaseAddress(connectionString, config, {
      host: process.env.PGHOST ?? 'localhost',
      port: process.env.PGPORT ?? 5432,
      database: process.env.PGDATABASE,
    }),
  })
  const settings = {
    ...config,
    ...(connectionString === undefined ? {} : { connectionString }),
    ...(statementTimeoutMillis === undefined ? {} : { statement_timeout: statementTimeoutMillis }),
    max: lending.connections,
    min: 0,
    connectionTimeoutMillis,
    idleTimeoutMillis,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    allowExitOnIdle: true,
    stream: lending.limit.socket,
  } as unknown as Config
  const pool: PgPool = openPool(lending, 'postgresPool', () => new Pool(settings))

  // Nothing is lost by that: whoever uses the connection gets the error from its statement, and one that nobody uses is
  // replaced. If the server is gone, the next one to connect is told. A line for each would be one for each idle session
  // that the server ends, as the budget wants it to.
  pool.on('error', ignore)
  pool.on('connect', (client) => {
    const listener = lending.opened(client)
    client.on('error', ignore)
    const ended = () => lending.ended(client)
    const settle = () => underWay.get(client)?.()
    client.once('end', ended)
    client.once('end', settle)
    client.on('drain', settle)
    // The server's goodbye is here before the client's own event.
    streamOf(client)?.once('end', ended)
    keepReasonOfEnd(client)
    endSessions(client, { clock, logger, limit: lending.limit })
    pipelineTransactions(client)
    // After the other: a transaction of one statement has its limits already, and its BEGIN must not wait for an answer.
    limitIdleTransactions(client)
    watchQueries(client, listener)
  })

  return {
    options: pool.options,
    limit: lending.limit,
    closeUnused() {
      // They are used no more, whatever is still to be said.
      for (const settle of underWay.values()) settle()
      return lending.closeUnused()
    },
    async connect() {
      const client = await lending.take()
      const release = releases.get(client) ?? ignore
      client.release = (destroy = false) => {
        const isLost = destroy || !lending.isWhole(client)
        const settle = () => {
          underWay.delete(client)
          lending.giveBack(client, isLost || isInTransaction(client), (isKept) => release(!isKept))
        }
        if (isLost || !isUnderWay(client)) settle()
        else underWay.set(client, settle)
      }
      return client
    },
    end() {
      for (const settle of underWay.values()) settle()
      lending.stop()
      return pool.end()
    },
  }
}

/**
 * Whether a transaction is open, as far as the version of `pg` tells: what others did on the connection
 * would become part of it.
 */
function isInTransaction(client: object): boolean {
  const { getTransactionStatus } = client as { getTransactionStatus?: () => unknown }
  return ['T', 'E'].includes(String(getTransactionStatus?.call(client)))
}
