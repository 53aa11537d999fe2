import { consoleLogger, type Logger } from '@spillway/message'
import { type Clock, quietLogger, systemClock } from '@spillway/message/internal'
import type { ConnectionLeases } from '../../connections/connection-leases.ts'
import { endSessions } from './end-session.ts'
import { idleTransactionLimit } from './limit-idle-transactions.ts'
import { type PgClient, streamOf, watchQueries } from './pg-client.ts'
import { pipelineTransactions } from './pipeline-transactions.ts'
import { keepReasonOfEnd } from './reason-of-end.ts'

/** Options of {@link clientPreparer}. */
export interface ClientOptions {
  readonly clock?: Clock
  readonly logger?: Logger
  readonly idleInTransactionSessionTimeoutMillis?: number
}

const ignore = () => undefined

/**
 * Creates the function that prepares each new client of the pool.
 *
 * @param settle is called when the server has finished its answers
 */
export function clientPreparer(
  options: ClientOptions,
  leases: ConnectionLeases<PgClient>,
  settle: (client: PgClient) => void,
): (client: PgClient) => void {
  const { clock = systemClock, idleInTransactionSessionTimeoutMillis: longestIdle = 10_000 } = options
  const logger = quietLogger(options.logger ?? consoleLogger)
  const limitIdleTransactions = longestIdle === 0 ? ignore : idleTransactionLimit(longestIdle)
  return function prepare(client) {
    const listener = leases.opened(client)
    client.on('error', ignore)
    const ended = () => leases.ended(client)
    client.once('end', ended)
    client.once('end', () => settle(client))
    client.on('drain', () => settle(client))
    // The end of the stream comes before the event of the client.
    streamOf(client)?.once('end', ended)
    keepReasonOfEnd(client)
    endSessions(client, { clock, logger, limit: leases.limit })
    pipelineTransactions(client)
    // After `pipelineTransactions`: a transaction of one statement already has its limits, and its BEGIN must not wait
    // for an answer.
    limitIdleTransactions(client)
    watchQueries(client, listener)
  }
}
