import type { QueryClient } from './pg-client.ts'
import { sqlState } from './postgres-errors.ts'

/** The part of a `pg` client that {@link keepReasonOfEnd} needs. */
interface EndingClient extends QueryClient {
  on(event: 'error', listener: (error: unknown) => void): unknown
}

/**
 * Makes statements on a session that the server has ended fail with the error of the server, for example its idle time-out
 * (SQLSTATE 25P03). `pg` reports that as an `error` event of the client, and answers the statements after it with
 * "Client has encountered a connection error and is not queryable".
 */
export function keepReasonOfEnd(client: EndingClient): void {
  const query = client.query.bind(client)
  let reason: unknown
  client.on('error', (error) => {
    if (sqlState(error) !== undefined) reason ??= error
  })
  const fail = (error: unknown) => {
    throw reason !== undefined && sqlState(error) === undefined ? reason : error
  }
  client.query = (...parameters) => {
    const answer = query(...parameters)
    return answer instanceof Promise ? answer.catch(fail) : answer
  }
}
