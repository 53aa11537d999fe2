import type { MysqlConnection } from 'kysely'

/** The part of a `pg` client that {@link watchQueries} needs. */
export interface QueryClient {
  query(...parameters: unknown[]): unknown
}

/** Is told of the statements of a connection. */
export interface QueryListener {
  /** A statement is sent: its text, or an object with it, and its parameters. */
  began(query: unknown, values: unknown): void
  /** It has its answer, or failed with an error. */
  ended(error?: unknown): void
}

/**
 * Has a listener told of each later statement of a client of `pg`. Whoever sent the statement gets its answer or error all
 * the same. Of a cursor or a callback in place of a promise the end is not seen.
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

/**
 * Has a listener told of each later statement of a connection of `mysql2`. Of a stream in place of a callback the end is not
 * seen.
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
