import { type Kysely, sql } from 'kysely'
import type { Deadline } from '../../time/deadline.ts'
import type { Query } from '../dialect.ts'
import { lockShare, serverTime } from '../server-time.ts'
import type { MysqlFacts } from './mysql-facts.ts'

/**
 * The prefix with which MariaDB ends a statement before the deadline: 1969 when it takes too long, 1205 when it waits
 * for the lock of a row. It applies to one statement, costs no round trip and leaves no setting on the connection
 * (MariaDB, "SET STATEMENT").
 *
 * MySQL has no limit for a statement that writes: its `max_execution_time` is for `select`, and
 * `innodb_lock_wait_timeout` (50 s by default), which bounds waits for locks, is a setting of the session. It is left
 * to the parameter group or to the pool: setting it here would take two more round trips, and pin the session in RDS
 * Proxy.
 */
export function mysqlLimits(deadline: Deadline, { mariadb }: Pick<MysqlFacts, 'mariadb'>): string {
  return mariadb ? `${mariadbLimits(deadline.left())} ` : ''
}

/** The prefix of one statement of MariaDB. */
export function mariadbLimits(left: number): string {
  const time = serverTime(left) / 1_000
  const lock = Math.max(1, Math.floor(time * lockShare))
  return `set statement max_statement_time = ${time.toFixed(3)}, innodb_lock_wait_timeout = ${lock} for`
}

/** Runs a query that MariaDB ends at the deadline. MySQL reads the limit as a comment ("Comment Syntax" of MariaDB). */
export async function withinDeadline<DB, Result>(
  db: Kysely<DB>,
  deadline: Deadline,
  query: (db: Kysely<DB>) => Query<Result>,
): Promise<readonly Result[]> {
  const seconds = (serverTime(deadline.left()) / 1_000).toFixed(3)
  const limit = sql.raw(`/*M! set statement max_statement_time = ${seconds} for */ `)
  return (await sql<Result>`${limit}${query(db)}`.execute(db.withoutPlugins())).rows
}
