import type { QueryClient } from './pg-client.ts'
import { sqlState } from './postgres-errors.ts'

/** The part of a `pg` client that {@link keepReasonOfEnd} needs. */
interface EndingClient extends QueryClient {
  on(event: 'error', listener: (error: unknown) => void): unknown
}

/**
 * Makes statements on an ended session fail with the error by which the server ended it, for example its idle time-out
 * (SQLSTATE 25P03). `pg` itself reports that error as an `error` event of the client, and rejects later statements with
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
