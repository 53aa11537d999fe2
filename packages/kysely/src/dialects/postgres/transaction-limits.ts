import { type RawBuilder, sql } from 'kysely'
import { commitGrace, serverTime } from '../../time/server-time.ts'

/**
 * Has Postgres end what a transaction does after its time: a statement (SQLSTATE 57014), a wait for a lock (55P03), and
 * the transaction of an environment that was frozen between two statements (25P03), whose locks others wait for.
 *
 * The limits end with the transaction: a session setting would stay on a connection that others use.
 *
 * @param left milliseconds that a statement may take
 * @param lockTime the share of the time after which a wait for a lock ends; 1 where there is no other try
 * @param idle milliseconds until the deadline, where that is later
 */
export function limitTransaction(left: number, lockTime: number, idle = left): RawBuilder<unknown> {
  const time = serverTime(left)
  const limits = [
    shorter('statement_timeout', time),
    ...(lockTime < 1 ? [shorter('lock_timeout', Math.ceil(time * lockTime))] : []),
    shorter('idle_in_transaction_session_timeout', Math.ceil(idle) + commitGrace),
  ]
  return sql`select ${sql.join(limits)}`
}

/**
 * An expression that has a setting of Postgres be so many milliseconds until the transaction ends. A shorter one, which
 * somebody set on purpose, stays; 0 is none.
 */
function shorter(setting: string, milliseconds: number): RawBuilder<unknown> {
  const name = sql.lit(setting)
  const current = sql`extract(epoch from current_setting(${name})::interval) * 1000`
  const shortest = sql`least(${milliseconds}::int, nullif(${current}, 0)::int)`
  return sql`pg_catalog.set_config(${name}, ${shortest}::text, true)`
}
