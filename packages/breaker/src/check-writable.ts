import { SpillwayError, type TimeLimit } from '@spillway/message'

/** Runs a statement and resolves with its rows. */
export type Query = (statement: string, limit: TimeLimit) => Promise<readonly object[]>

/** Each statement returns one row, whose columns say whether the database is read-only. */
const statements = {
  postgres:
    "select current_setting('transaction_read_only') as read_only, pg_is_in_recovery() as in_recovery",
  mysql: 'select @@global.read_only as read_only, @@global.innodb_read_only as innodb_read_only',
} as const

/** The values that drivers return for `false`. */
const no: ReadonlySet<unknown> = new Set([false, 0, 0n, '0', 'off', 'OFF', 'f', 'false'])

/**
 * A `check` that rejects when the database does not answer, and when it is read-only: a replica, an unfinished
 * failover, or a server whose disk is full. `select 1` succeeds on all of them.
 *
 * For PostgreSQL and Aurora, and for MySQL, MariaDB and Aurora. On MySQL use a database user without the privilege to
 * write to a read-only server.
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
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` for another engine, or when `query` is not a function
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
