import type { Deadline } from '../../time/deadline.ts'
import { lockShare, serverTime } from '../../time/server-time.ts'
import type { TableFacts } from '../../writer/catalogue.ts'

/**
 * What stands before a statement so that MariaDB ends it before the deadline: 1969 when it takes too long, 1205 when it
 * waits for the lock of a row. It holds for one statement, costs no round trip and leaves nothing on the connection
 * (MariaDB, "SET STATEMENT").
 *
 * MySQL has no limit for a statement that writes: its `max_execution_time` is for `select`, and what bounds a wait is
 * `innodb_lock_wait_timeout` (50 s by default), which is of the session. It is left to the parameter group or to the
 * pool: to set it here would take two more round trips, and pin the session in RDS Proxy.
 */
export function mysqlLimits(deadline: Deadline, { mariadb = false }: TableFacts): string {
  return mariadb ? `${mariadbLimits(deadline.left())} ` : ''
}

/** The limits themselves, to stand before one statement of MariaDB. */
export function mariadbLimits(left: number): string {
  const time = serverTime(left) / 1_000
  const lock = Math.max(1, Math.floor(time * lockShare))
  return `set statement max_statement_time = ${time.toFixed(3)}, innodb_lock_wait_timeout = ${lock} for`
}
