import type { Logger } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import type { ConnectionLimit } from '../../connections/connection-limit.ts'
import { closeWaitMillis } from '../../connections/pool-options.ts'
import { cancelStatement } from './cancel-statement.ts'
import { isUnderWay, streamOf } from './pg-client.ts'

/** The part of a `pg` client that {@link endSessions} needs. */
interface Client {
  end(...parameters: unknown[]): Promise<void>
  on(event: 'drain' | 'end', listener: () => void): unknown
  off(event: 'drain' | 'end', listener: () => void): unknown
}

/** Options of {@link endSessions}. */
export interface SessionEnding {
  readonly clock: Clock
  readonly logger: Logger
  readonly limit: ConnectionLimit
}

/** Milliseconds to wait for the end of a cancelled statement. */
const longestCancel = 10_000
/** Milliseconds between two requests to cancel: statements that were queued behind the first one start after it. */
const cancelInterval = 500
/** Milliseconds until a server that has cancelled a statement notices that the client is gone. */
const noticeTime = 100

/**
 * Ends the session of a `pg` client at the server before its slot becomes free. A socket that is closed while a
 * statement runs leaves the session behind, and the session uses a connection of the server until the statement is
 * done.
 *
 * `end` cancels the statement, waits for its end, ends the session by the protocol and waits for the server to close
 * the connection. Each wait is bounded. A session that may be left behind is logged.
 */
export function endSessions(client: Client, { clock, logger, limit }: SessionEnding): void {
  const end = client.end.bind(client)
  const ended = new AbortController()
  client.on('end', () => ended.abort())
  const isBusy = () => !ended.signal.aborted && isUnderWay(client)
  let ending: Promise<void> | undefined

  async function endInOrder(): Promise<void> {
    if (isBusy()) await cancel()
    // An unreachable server never closes a connection, so the socket is destroyed after a while.
    void clock.sleep(closeWaitMillis, ended.signal).then(() => streamOf(client)?.destroy())
    return end()
  }

  /** Resolves when the client has no running statement, or has ended. */
  async function cancel(): Promise<void> {
    const settled = new AbortController()
    const settle = () => settled.abort()
    client.on('drain', settle)
    ended.signal.addEventListener('abort', settle)
    for (let waited = 0; waited < longestCancel && isBusy(); waited += cancelInterval) {
      void cancelStatement(client)
      await clock.sleep(cancelInterval, settled.signal)
    }
    client.off('drain', settle)
    ended.signal.removeEventListener('abort', settle)
  }

  client.end = (callback?: unknown) => {
    ending ??= endInOrder()
    return typeof callback === 'function' ? ending.then(() => callback()) : ending
  }
  onDestroy(client, () => {
    if (!isBusy()) return
    logger.warn(
      'A connection was closed while its statement ran: the server is asked to cancel the statement.',
    )
    limit.countUntil(cancelStatement(client).then(() => clock.sleep(noticeTime)))
  })
}

/** Calls the listener when this process, not the server or the network, is about to close the socket of a client. */
function onDestroy(client: object, listener: () => void): void {
  const stream = streamOf(client)
  if (stream === undefined) return
  const destroy = stream.destroy.bind(stream)
  stream.destroy = (error) => {
    if (error == null && !stream.readableEnded && !stream.destroyed) listener()
    return destroy(error)
  }
}
