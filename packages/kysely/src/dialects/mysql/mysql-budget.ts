import type { MysqlConnection } from 'kysely'
import type { LimitWords, ServerLimits } from '../../connections/budget-check.ts'

// The session's value is the account's own limit where it has one; 0 is none.
const text = `select @@global.max_connections as server, nullif(@@session.max_user_connections, 0) as user`

/** What the limits of {@link readMysqlLimits} are called. */
export const mysqlWords: LimitWords = {
  server: 'max_connections of the server',
  user: 'max_user_connections of the user',
  database: 'the database',
}

/** Reads what the server allows. */
export function readMysqlLimits(connection: Pick<MysqlConnection, 'query'>): Promise<ServerLimits> {
  return new Promise((resolve, reject) => {
    connection.query(text, [], (error, result) => {
      const row = Array.isArray(result) ? result[0] : undefined
      if (error || row === undefined) return reject(error ?? new Error('the server does not tell its limits'))
      resolve({ server: Number(row.server), user: row.user === null ? undefined : Number(row.user) })
    })
  })
}
