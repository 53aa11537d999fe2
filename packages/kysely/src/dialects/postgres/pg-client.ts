import type { PostgresPoolClient } from 'kysely'
import type { QueryListener } from '../../connections/activity.ts'

/** The part of a `pg` client that {@link postgresPool} needs. */
export interface PgClient extends PostgresPoolClient {
  end(callback?: () => void): Promise<void>
  on(event: 'error' | 'drain' | 'end', listener: (error: unknown) => void): unknown
  off(event: 'drain' | 'end', listener: () => void): unknown
  once(event: 'end', listener: () => void): unknown
}

/** The part of a `pg` client that sends queries. */
export interface QueryClient {
  query(...parameters: unknown[]): unknown
}

/**
 * Reports each later statement of a client of `pg` to a listener. The sender of the statement gets its answer or error
 * as before. The end of a cursor, or of a query with a callback instead of a promise, is not reported.
 */
export function watchQueries(client: QueryClient, listener: QueryListener): void {
  const query = client.query.bind(client)
  const ended = () => listener.ended()
  const failed = (error: unknown) => listener.ended(error)
  client.query = (...parameters) => {
    listener.began(parameters[0], parameters[1])
    const answer = query(...parameters)
    if (answer instanceof Promise) answer.then(ended, failed)
    return answer
  }
}

/** The part of a client's socket that this package uses. */
interface Stream {
  readonly destroyed: boolean
  readonly readableEnded: boolean
  destroy(error?: Error | null): unknown
  once(event: 'end', run: () => void): unknown
  cork(): void
  uncork(): void
}

/** The socket of a client, an undocumented member of `pg`. */
export function streamOf(client: object): Stream | undefined {
  return (client as { connection?: { stream?: Stream } }).connection?.stream
}

/**
 * Whether the answer to the last statement is incomplete: an error reaches its caller before the server reports the
 * state of the transaction.
 */
export function isUnderWay(client: object): boolean {
  return (client as { readyForQuery?: unknown }).readyForQuery === false
}
