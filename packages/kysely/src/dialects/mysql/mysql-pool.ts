import { consoleLogger } from '@spillway/message'
import {
  checkOptions,
  isFunction,
  nonEmptyString,
  type OptionRules,
  quietLogger,
  required,
  systemClock,
} from '@spillway/message/internal'
import type { MysqlConnection, MysqlPool } from 'kysely'
import type { LimitWords, ServerLimits } from '../../connections/budget-check.ts'
import {
  type ConnectionLeases,
  createConnectionLeases,
  openPool,
} from '../../connections/connection-leases.ts'
import { databaseAddress } from '../../connections/database-address.ts'
import { type LimitedPool, type PoolOptions, poolRules } from '../../connections/pool-options.ts'
import {
  closeConnection,
  isBusy,
  limitedStream,
  type MysqlClient,
  socketOf,
  watchMysqlQueries,
} from './mysql-connection.ts'

/** The part of a pool of `mysql2` that {@link mysqlPool} needs. */
export interface MysqlDriverPool {
  getConnection(callback: (error: Error | null, connection: MysqlClient) => void): void
  end(callback: (error: Error | null) => void): void
  on(event: 'connection', listener: (connection: MysqlClient) => void): unknown
}

/** Options of {@link mysqlPool}. */
export interface MysqlPoolOptions<Config extends object> extends PoolOptions {
  /** `createPool` of `mysql2`, the version with callbacks. */
  readonly createPool: (config: Config) => MysqlDriverPool
  /** The URL of the database, `mysql://user:password@host:3306/database`. Default: the options in `config`. */
  readonly uri?: string | undefined
  /** Further options of `mysql2`: `ssl`, `authPlugins` for IAM. The options of `mysqlPool` override them. */
  readonly config?: Config
}

const rules: OptionRules<MysqlPoolOptions<object>> = {
  ...poolRules,
  createPool: required(isFunction),
  uri: { ...nonEmptyString(), required: false },
  config: {
    expected: 'an object of options of mysql2',
    test: (value) => typeof value === 'object' && value !== null,
  },
}

const ignore = () => undefined

/**
 * A pool for Kysely's `MysqlDialect`, for MySQL and MariaDB, with the guarantees of {@link postgresPool}: a
 * {@link connectionLimit} counts its sockets; a connection is replaced before it is used if it is too old, has ended,
 * was in use for too long, or leads to a server that no longer accepts writes; errors of unused connections do not end
 * the process, and unused connections do not keep it alive.
 *
 * @example
 * ```ts
 * import { mysqlPool } from '@spillway/kysely'
 * import { Kysely, MysqlDialect } from 'kysely'
 * import { createPool } from 'mysql2'
 *
 * const db = new Kysely({
 *   dialect: new MysqlDialect({ pool: mysqlPool({ createPool, uri: process.env.DATABASE_URL }) }),
 * })
 * ```
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range.
 */
export function mysqlPool<Config extends object>(options: MysqlPoolOptions<Config>): MysqlPool & LimitedPool {
  checkOptions('mysqlPool', options, rules)
  const { createPool, config, uri, clock = systemClock } = options
  const { idleTimeoutMillis = 60_000, longestUseMillis = 60_000 } = options
  const logger = quietLogger(options.logger ?? consoleLogger)
  const close = (client: MysqlClient) =>
    closeConnection(client, { clock, logger, longestStatement: longestUseMillis })
  const leases = createConnectionLeases<MysqlClient>(options, {
    name: 'mysqlPool',
    open: () => getConnection(pool),
    discard: (client) => void close(client),
    close,
    readLimits: readMysqlLimits,
    words: mysqlWords,
    isBusy,
    quote: '`',
    database: databaseAddress(uri, config, { host: 'localhost', port: 3306 }),
  })
  const settings = driverSettings(options, leases)
  const pool: MysqlDriverPool = openPool(leases, 'mysqlPool', () => createPool(settings))
  const clients = createClients(leases, idleTimeoutMillis, (client) => void close(client))
  pool.on('connection', (client) => {
    clients.opened(client)
    listenTo(client, leases)
  })

  return {
    limit: leases.limit,
    closeUnused: leases.closeUnused,
    getConnection(callback) {
      clients.take().then(
        (client) => callback(null, client),
        (error: unknown) => callback(error, undefined as unknown as MysqlClient),
      )
    },
    end(callback) {
      leases.stop()
      pool.end(callback)
    },
  }
}

/** Lends the clients of a pool, and keeps or closes those that are released. */
function createClients(
  leases: ConnectionLeases<MysqlClient>,
  idleTimeoutMillis: number,
  close: (client: MysqlClient) => void,
) {
  const releases = new WeakMap<MysqlClient, () => void>()
  const idle = createIdleClients(idleTimeoutMillis, (client) => {
    leases.ended(client)
    close(client)
  })

  function keep(client: MysqlClient): void {
    idle.add(client)
    releases.get(client)?.()
  }

  return {
    /** Notes how the driver takes a client back: `release` is replaced whenever the client is lent. */
    opened(client: MysqlClient): void {
      releases.set(client, client.release.bind(client))
    },
    async take(): Promise<MysqlClient> {
      const client = await leases.take()
      idle.remove(client)
      client.release = () => {
        client.release = ignore
        const settle = () =>
          leases.giveBack(client, isBusy(client), (isKept) => (isKept ? keep(client) : close(client)))
        // The driver calls a callback before it marks its statement as ended.
        if (isBusy(client)) setImmediate(settle)
        else settle()
      }
      return client
    },
  }
}

/** Closes clients that stay unused. Until then they do not keep the process alive. */
function createIdleClients(idleTimeoutMillis: number, close: (client: MysqlClient) => void) {
  const timers = new WeakMap<MysqlClient, NodeJS.Timeout>()
  return {
    add(client: MysqlClient): void {
      socketOf(client)?.unref()
      timers.set(client, setTimeout(close, idleTimeoutMillis, client).unref())
    },
    remove(client: MysqlClient): void {
      clearTimeout(timers.get(client))
      socketOf(client)?.ref()
    },
  }
}

/** The options of `mysql2`. */
function driverSettings<Config extends object>(
  { config, uri, connectionTimeoutMillis = 5_000 }: MysqlPoolOptions<Config>,
  { connections, limit }: ConnectionLeases<MysqlClient>,
): Config {
  return {
    ...config,
    ...(uri === undefined ? {} : { uri }),
    connectionLimit: connections,
    connectTimeout: connectionTimeoutMillis,
    waitForConnections: true,
    gracefulEnd: true,
    stream: limitedStream(limit),
  } as unknown as Config
}

function listenTo(client: MysqlClient, leases: ConnectionLeases<MysqlClient>): void {
  const listener = leases.opened(client)
  const ended = () => leases.ended(client)
  // The user of the connection gets the error from its statement, and an unused connection is replaced.
  client.on('error', ended)
  client.on('end', ended)
  watchMysqlQueries(client, listener)
}

function getConnection(pool: MysqlDriverPool): Promise<MysqlClient> {
  return new Promise((resolve, reject) => {
    pool.getConnection((error, client) => (error ? reject(error) : resolve(client)))
  })
}

// The value of the session is the limit of the account; 0 means that there is none.
const text = `select @@global.max_connections as server, nullif(@@session.max_user_connections, 0) as user`

/** The names of the limits in messages. */
const mysqlWords: LimitWords = {
  server: 'max_connections of the server',
  user: 'max_user_connections of the user',
  database: 'the database',
}

/** Reads the limits of the server. */
function readMysqlLimits(connection: Pick<MysqlConnection, 'query'>): Promise<ServerLimits> {
  return new Promise((resolve, reject) => {
    connection.query(text, [], (error, result) => {
      const row = Array.isArray(result) ? result[0] : undefined
      if (error || row === undefined)
        return reject(error ?? new Error('the server did not return its limits'))
      resolve({ server: Number(row.server), user: row.user === null ? undefined : Number(row.user) })
    })
  })
}
