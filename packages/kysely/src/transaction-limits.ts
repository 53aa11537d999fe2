import { type RawBuilder, sql } from 'kysely'
import { commitGrace, lockShare, serverTime } from './server-time.ts'
import { shorter } from './within-deadline.ts'

/**
 * Has Postgres end what a transaction does after its time: a statement (SQLSTATE 57014), a wait for a lock (55P03), and
 * the transaction of an environment that was frozen between two statements (25P03), whose locks others wait for.
 *
 * The limits end with the transaction: a session setting would stay on a connection that others use.
 *
 * @param left milliseconds until the deadline
 */
export function limitTransaction(left: number): RawBuilder<unknown> {
  const time = serverTime(left)
  return sql`select ${shorter('statement_timeout', time)},
    ${shorter('lock_timeout', Math.ceil(time * lockShare))},
    ${shorter('idle_in_transaction_session_timeout', Math.ceil(left) + commitGrace)}`
}
