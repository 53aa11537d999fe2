import type { MysqlConnection } from 'kysely'

/**
 * Has a listener told what each later statement of a connection of `mysql2` failed with. Whoever sent the statement gets
 * the error all the same; a stream in place of a callback is passed through unseen.
 */
export function onFailedQuery(
  connection: Pick<MysqlConnection, 'query'>,
  listener: (error: unknown) => void,
): void {
  const query = connection.query.bind(connection)
  connection.query = (text, parameters, callback) => {
    if (callback === undefined) return query(text, parameters)
    return query(text, parameters, (error, result) => {
      if (error) listener(error)
      callback(error, result)
    })
  }
}
