import { SpillwayError, type TimeLimit } from '@spillway/message'

/** What asks the database: runs a statement and gives its rows. */
export type Query = (statement: string, limit: TimeLimit) => Promise<readonly object[]>

/** One row, each column of which says whether something is read-only. */
const statements = {
  postgres:
    "select current_setting('transaction_read_only') as read_only, pg_is_in_recovery() as in_recovery",
  mysql: 'select @@global.read_only as read_only, @@global.innodb_read_only as innodb_read_only',
} as const

/** What drivers give for `false`. */
const no: ReadonlySet<unknown> = new Set([false, 0, 0n, '0', 'off', 'OFF', 'f', 'false'])

/**
 * A `check` that rejects when the database does not answer, and when it is read-only: a replica, a failover that is not
 * over, a server that was made read-only because its disk is full. `select 1` passes on all of them.
 *
 * For PostgreSQL and Aurora, and for MySQL, MariaDB and Aurora. The user of the check must not be one that may write to a
 * read-only MySQL.
 *
 * @example
 * ```ts
 * import { checkWritable } from '@spillway/breaker'
 *
 * declare const client: { query(text: string): Promise<{ rows: object[] }> }
 *
 * export const check = checkWritable('postgres', async (statement) => (await client.query(statement)).rows)
 * ```
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` for another engine, or where `query` is no function
 */
export function checkWritable(
  engine: 'postgres' | 'mysql',
  query: Query,
): (limit: TimeLimit) => Promise<void> {
  if (!Object.hasOwn(statements, engine) || typeof query !== 'function') {
    throw new SpillwayError(
      'SPILLWAY_OPTION_INVALID',
      "breaker: checkWritable takes 'postgres' or 'mysql', and a function that runs a statement.",
    )
  }
  return async function check(limit) {
    const [row] = await query(statements[engine], limit)
    const values = Object.values(row ?? {})
    if (values.length === 0 || !values.every((value) => no.has(value))) {
      throw new SpillwayError('SPILLWAY_DATABASE_UNAVAILABLE', 'breaker: the database is read-only.')
    }
  }
}
