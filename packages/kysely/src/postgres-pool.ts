import {
  type Clock,
  checkOptions,
  integer,
  isFunction,
  nonEmptyString,
  type OptionRules,
  objectWith,
  required,
  systemClock,
} from '@spillway/message/internal'
import type { PostgresPool, PostgresPoolClient } from 'kysely'
import { classifyError } from './classify-error.ts'
import { onRejectedQuery } from './on-rejected-query.ts'

/** The part of a `pg` client that {@link postgresPool} needs. */
export interface PgClient extends PostgresPoolClient {
  end(): Promise<void>
  on(event: 'error', listener: () => void): unknown
  once(event: 'end', listener: () => void): unknown
}

/** The part of a `pg` pool that {@link postgresPool} needs. */
export interface PgPool {
  readonly options: object
  connect(): Promise<PgClient>
  end(): Promise<void>
  on(event: 'error', listener: () => void): unknown
  on(event: 'connect', listener: (client: PgClient) => void): unknown
  on(event: 'release', listener: (error: Error, client: PgClient) => void): unknown
}

/** What {@link postgresPool} takes. */
export interface PostgresPoolOptions<Config extends object> {
  /** The `Pool` class of `pg`. */
  readonly Pool: new (
    config: Config,
  ) => PgPool
  /**
   * The most connections that this environment opens: its share of the budget. Default 1, which is right where an
   * environment runs one invocation at a time, as Lambda's do.
   */
  readonly connections?: number
  /** Default: the `PG*` environment variables, as `pg` reads them. */
  readonly connectionString?: string | undefined
  /**
   * Milliseconds until `connect` gives up, on the server as well as on a busy pool. Default 5,000: more than a
   * failover's DNS change needs, less than an invocation has.
   */
  readonly connectionTimeoutMillis?: number
  /**
   * Milliseconds after which an unused connection is closed rather than used. Default 60,000: less than the 350 s
   * after which NAT gateways and load balancers forget a connection without a word.
   */
  readonly idleTimeoutMillis?: number
  /**
   * Milliseconds after which a connection in use counts as lost. Default 60,000; at least the function's time-out.
   */
  readonly longestUseMillis?: number
  /**
   * Milliseconds after which the server ends a statement (SQLSTATE 57014). Default: the server's own setting. Sent
   * when a connection starts; PgBouncer refuses it unless it is told to ignore it.
   */
  readonly statementTimeoutMillis?: number
  /** Whatever else `pg` takes: `ssl`, a `password` function for IAM. The options above win. */
  readonly config?: Config
  /** Default: the clock of the machine. */
  readonly clock?: Clock
}

const rules: OptionRules<PostgresPoolOptions<object>> = {
  Pool: required(isFunction),
  connections: integer(1, 10_000),
  connectionString: { ...nonEmptyString(), required: false },
  connectionTimeoutMillis: integer(1, 900_000),
  idleTimeoutMillis: integer(1, 86_400_000),
  longestUseMillis: integer(1_000, 900_000),
  statementTimeoutMillis: integer(1, 900_000),
  config: {
    expected: 'an object of options of pg',
    test: (value) => typeof value === 'object' && value !== null,
  },
  clock: objectWith('now', 'sleep'),
}

const goodbye = 500

/**
 * A pool for Kysely's `PostgresDialect` that never opens more than its share of connections and survives what
 * happens to Lambda environments:
 *
 * - a freeze stops the timers that close idle connections: the age of a connection is read from the clock, and one
 *   that is too old is closed rather than used
 * - a restart of the server is an `error` event on the pool or on a client: without listeners it ends the process
 * - a host that vanishes leaves a statement without an answer, which holds its connection for good: once it is in use
 *   for too long and another is wanted, it is closed
 * - a failover can leave a connection to a server that no longer takes writes: after a statement that says so (SQLSTATE
 *   25006) it is closed rather than used
 *
 * `keepAlive` is on, `min` is 0, and unused connections do not keep the process alive.
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
export function postgresPool<Config extends object>(options: PostgresPoolOptions<Config>): PostgresPool {
  checkOptions('postgresPool', options, rules)
  const { Pool, config, clock = systemClock, connections = 1, idleTimeoutMillis = 60_000 } = options
  const { connectionString, connectionTimeoutMillis = 5_000, statementTimeoutMillis } = options
  const { longestUseMillis = 60_000 } = options
  const pool = new Pool({
    ...config,
    ...(connectionString === undefined ? {} : { connectionString }),
    ...(statementTimeoutMillis === undefined ? {} : { statement_timeout: statementTimeoutMillis }),
    max: connections,
    min: 0,
    connectionTimeoutMillis,
    idleTimeoutMillis,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    allowExitOnIdle: true,
  } as unknown as Config)
  const taken = new Map<PgClient, number>()
  const returned = new WeakMap<PgClient, number>()
  const unfit = new WeakSet<PgClient>()
  const ignore = () => undefined

  // Whoever uses the connection gets the error from its statement.
  pool.on('error', ignore)
  pool.on('connect', (client) => {
    client.on('error', ignore)
    onRejectedQuery(client, (error) => {
      if (classifyError(error) === 'connection') unfit.add(client)
    })
  })
  pool.on('release', (_error, client) => {
    taken.delete(client)
    returned.set(client, clock.now())
  })

  function closeForgotten(): void {
    if (taken.size < connections) return
    for (const [client, since] of taken) {
      if (clock.now() - since > longestUseMillis) client.end().catch(ignore)
    }
  }

  function isFit(client: PgClient): boolean {
    const since = returned.get(client)
    return !unfit.has(client) && (since === undefined || clock.now() - since <= idleTimeoutMillis)
  }

  return {
    options: pool.options,
    async connect() {
      closeForgotten()
      for (;;) {
        const client = await pool.connect()
        if (isFit(client)) {
          taken.set(client, clock.now())
          return client
        }
        const ended = new Promise<void>((resolve) => client.once('end', resolve))
        client.release(true)
        // The server counts the old connection until it is closed; one that leads nowhere never says so.
        await Promise.race([ended, clock.sleep(goodbye)])
      }
    },
    end: () => pool.end(),
  }
}
