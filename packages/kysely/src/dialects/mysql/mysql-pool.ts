import type { Socket } from 'node:net'
import { consoleLogger, type Logger } from '@spillway/message'
import {
  type Clock,
  checkOptions,
  isFunction,
  nonEmptyString,
  type OptionRules,
  quietLogger,
  required,
  systemClock,
} from '@spillway/message/internal'
import type { MysqlPool, MysqlPoolConnection } from 'kysely'
import type { ConnectionLimit } from '../../connections/connection-limit.ts'
import { databaseAddress } from '../../connections/database-address.ts'
import { createLending, openPool } from '../../connections/lending.ts'
import { goodbye, type LimitedPool, type PoolOptions, poolRules } from '../../connections/pool-options.ts'
import { watchMysqlQueries } from '../../connections/watch-queries.ts'
import { mysqlWords, readMysqlLimits } from './mysql-budget.ts'

/** The part of a connection of `mysql2` that {@link mysqlPool} needs. */
export interface MysqlClient extends MysqlPoolConnection {
  end(): unknown
  on(event: 'error' | 'end', listener: () => void): unknown
}

/** The part of a pool of `mysql2` that {@link mysqlPool} needs. */
export interface MysqlDriverPool {
  getConnection(callback: (error: Error | null, connection: MysqlClient) => void): void
  end(callback: (error: Error | null) => void): void
  on(event: 'connection', listener: (connection: MysqlClient) => void): unknown
}

/** What {@link mysqlPool} takes. */
export interface MysqlPoolOptions<Config extends object> extends PoolOptions {
  /** `createPool` of `mysql2`, the one with callbacks. */
  readonly createPool: (config: Config) => MysqlDriverPool
  /** `mysql://user:password@host:3306/database`. Default: what `config` says. */
  readonly uri?: string | undefined
  /** Whatever else `mysql2` takes: `ssl`, `authPlugins` for IAM. The options above win. */
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
 * A pool for Kysely's `MysqlDialect`, of MySQL and MariaDB, that keeps the promises of {@link postgresPool}: its sockets
 * are counted by a {@link connectionLimit}; what is too old, ended, lost for too long or connected to a server that no
 * longer takes writes is replaced rather than used; errors of unused connections do not end the process; unused
 * connections do not keep it alive.
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
  const { connectionTimeoutMillis = 5_000, idleTimeoutMillis = 60_000 } = options
  const { longestUseMillis = 60_000 } = options
  const logger = quietLogger(options.logger ?? consoleLogger)
  const releases = new WeakMap<MysqlClient, () => void>()
  const idleTimers = new WeakMap<MysqlClient, NodeJS.Timeout>()
  const close = (client: MysqlClient) =>
    closeConnection(client, { clock, logger, longestStatement: longestUseMillis })
  const lending = createLending<MysqlClient>(options, {
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
  const settings = {
    ...config,
    ...(uri === undefined ? {} : { uri }),
    connectionLimit: lending.connections,
    connectTimeout: connectionTimeoutMillis,
    waitForConnections: true,
    gracefulEnd: true,
    stream: limitedStream(lending.limit),
  } as unknown as Config
  const pool: MysqlDriverPool = openPool(lending, 'mysqlPool', () => createPool(settings))

  pool.on('connection', (client) => {
    releases.set(client, client.release.bind(client))
    const listener = lending.opened(client)
    const ended = () => lending.ended(client)
    // Whoever uses the connection gets the error from its statement; one that nobody uses is replaced.
    client.on('error', ended)
    client.on('end', ended)
    watchMysqlQueries(client, listener)
  })

  function keep(client: MysqlClient): void {
    socketOf(client)?.unref()
    const closeIdle = () => {
      lending.ended(client)
      void close(client)
    }
    idleTimers.set(client, setTimeout(closeIdle, idleTimeoutMillis).unref())
    releases.get(client)?.()
  }

  async function take(): Promise<MysqlClient> {
    const client = await lending.take()
    clearTimeout(idleTimers.get(client))
    socketOf(client)?.ref()
    client.release = () => {
      client.release = ignore
      const settle = () =>
        lending.giveBack(client, isBusy(client), (isKept) => (isKept ? keep(client) : void close(client)))
      // A callback is called before the end of its own statement.
      if (isBusy(client)) setImmediate(settle)
      else settle()
    }
    return client
  }

  return {
    limit: lending.limit,
    closeUnused: lending.closeUnused,
    getConnection(callback) {
      take().then(
        (client) => callback(null, client),
        (error: unknown) => callback(error, undefined as unknown as MysqlClient),
      )
    },
    end(callback) {
      lending.stop()
      pool.end(callback)
    },
  }
}

function getConnection(pool: MysqlDriverPool): Promise<MysqlClient> {
  return new Promise((resolve, reject) => {
    pool.getConnection((error, client) => (error ? reject(error) : resolve(client)))
  })
}

/** What {@link closeConnection} takes. */
interface Closing {
  readonly clock: Clock
  readonly logger: Logger
  /** Milliseconds for which a statement that is under way is waited for. */
  readonly longestStatement: number
}

/**
 * Says goodbye, which the driver sends once the statement that is under way has its answer: a socket that is closed before
 * leaves a session behind at the server. MySQL can cancel a statement only by another session, which would be one too many.
 * A server that does not answer in time is dropped.
 */
async function closeConnection(
  client: MysqlClient,
  { clock, logger, longestStatement }: Closing,
): Promise<void> {
  const socket = socketOf(client)
  if (socket === undefined || socket.destroyed) return client.destroy()
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  const isClosed = new AbortController()
  void closed.then(() => isClosed.abort())
  const patience = goodbye + (isBusy(client) ? longestStatement : 0)
  try {
    client.end()
  } catch {
    // It has ended already, which is all that was wanted.
  }
  void clock.sleep(patience, isClosed.signal).then(() => {
    if (isBusy(client) && !socket.destroyed) {
      logger.warn('A connection was closed while its statement ran: the server may still have its session.', {
        milliseconds: patience,
      })
    }
    socket.destroy()
  })
  return closed
}

/** Whether a statement is under way, one that the driver gave up among them: `_command` of `mysql2`, in no documentation. */
function isBusy(client: object): boolean {
  const { _command: command } = client as { _command?: unknown }
  return command !== undefined && command !== null
}

/** The socket of a connection, a public member that the types of `mysql2` leave out. */
function socketOf(client: object): Socket | undefined {
  return (client as { stream?: Socket }).stream
}

/** Connects as `mysql2` does, with a socket that is counted. */
function limitedStream(limit: ConnectionLimit) {
  return function openStream({
    config,
  }: {
    config: { host: string; port: number; socketPath?: string }
  }): Socket {
    const socket = limit.socket()
    socket.setNoDelay(true)
    socket.once('connect', () => socket.setKeepAlive(true, 10_000))
    return config.socketPath === undefined
      ? socket.connect(config.port, config.host)
      : socket.connect(config.socketPath)
  }
}
