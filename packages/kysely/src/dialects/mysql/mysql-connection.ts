import type { Socket } from 'node:net'
import type { Logger } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import type { MysqlConnection, MysqlPoolConnection } from 'kysely'
import type { QueryListener } from '../../connections/activity.ts'
import type { ConnectionLimit } from '../../connections/connection-limit.ts'
import { closeWaitMillis } from '../../connections/pool-options.ts'

/** The part of a connection of `mysql2` that {@link mysqlPool} needs. */
export interface MysqlClient extends MysqlPoolConnection {
  end(): unknown
  on(event: 'error' | 'end', listener: () => void): unknown
}

/** Options of {@link closeConnection}. */
interface Closing {
  readonly clock: Clock
  readonly logger: Logger
  /** Milliseconds to wait for a running statement. */
  readonly longestStatement: number
}

/**
 * Ends a connection by the protocol. The driver does so after the answer to the running statement: closing the socket
 * earlier would leave a session behind at the server. MySQL can cancel a statement only from another session, which
 * would exceed the limit. If the server does not answer in time, the socket is destroyed.
 */
export async function closeConnection(
  client: MysqlClient,
  { clock, logger, longestStatement }: Closing,
): Promise<void> {
  const socket = socketOf(client)
  if (socket === undefined || socket.destroyed) return client.destroy()
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  const isClosed = new AbortController()
  void closed.then(() => isClosed.abort())
  const waitMillis = closeWaitMillis + (isBusy(client) ? longestStatement : 0)
  try {
    client.end()
  } catch {
    // The connection has already ended.
  }
  void clock.sleep(waitMillis, isClosed.signal).then(() => {
    if (isBusy(client) && !socket.destroyed) {
      logger.warn('A connection was closed while its statement ran: the server may still have its session.', {
        milliseconds: waitMillis,
      })
    }
    socket.destroy()
  })
  return closed
}

/**
 * Whether a statement is running, including one whose answer the driver no longer waits for. `_command` is undocumented
 * in `mysql2`.
 */
export function isBusy(client: object): boolean {
  const { _command: command } = client as { _command?: unknown }
  return command !== undefined && command !== null
}

/** The socket of a connection, which the types of `mysql2` leave out. */
export function socketOf(client: object): Socket | undefined {
  return (client as { stream?: Socket }).stream
}

/** Connects as `mysql2` does, with a socket that is counted. */
export function limitedStream(limit: ConnectionLimit) {
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

/**
 * Reports each later statement of a connection of `mysql2` to a listener. The end of a query with a stream instead of a
 * callback is not reported.
 */
export function watchMysqlQueries(connection: Pick<MysqlConnection, 'query'>, listener: QueryListener): void {
  const query = connection.query.bind(connection)
  connection.query = (text, parameters, callback) => {
    listener.began(text, parameters)
    if (callback === undefined) return query(text, parameters)
    return query(text, parameters, (error, result) => {
      listener.ended(error ?? undefined)
      callback(error, result)
    })
  }
}
