import { SpillwayError } from '@spillway/message'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Deadline } from '../../time/deadline.ts'
import type { Query, TransactionLimits } from '../dialect.ts'
import { commitGrace, lockShare, serverTime } from '../server-time.ts'

/** A time limit of the server. */
interface Limit {
  readonly setting: 'statement_timeout' | 'lock_timeout' | 'idle_in_transaction_session_timeout'
  readonly milliseconds: number
}

/**
 * The limits by which Postgres itself ends the work of a transaction before the deadline: a slow statement (SQLSTATE
 * 57014), a wait for a lock (55P03), and the transaction of an environment that was frozen between two statements or
 * before its COMMIT (25P03), because others wait for its locks. The connection is free again by the deadline of the
 * caller.
 *
 * They are set in a transaction and end with it. A setting of the session would stay on a shared connection, would
 * apply to other clients of a pooler in transaction mode, and would pin the session to its connection in RDS Proxy. A
 * shorter limit of the session was set on purpose, and stays.
 */
export function limitsOf({ left, idle = left, endsLockWaits = false }: TransactionLimits): readonly Limit[] {
  const time = serverTime(left)
  const lock = { setting: 'lock_timeout', milliseconds: Math.ceil(time * lockShare) } as const
  return [
    { setting: 'statement_timeout', milliseconds: time },
    ...(endsLockWaits ? [lock] : []),
    { setting: 'idle_in_transaction_session_timeout', milliseconds: Math.ceil(idle) + commitGrace },
  ]
}

/** Sets the limits of a transaction. The limits of its session are not known here. */
export async function limitTransaction<DB>(trx: Kysely<DB>, limits: TransactionLimits): Promise<void> {
  await sql`select ${sql.join(limitsOf(limits).map(setShorter))}`.execute(trx)
}

/** Sets a limit, unless the session has a shorter one. 0 means no limit. */
function setShorter({ setting, milliseconds }: Limit): RawBuilder<unknown> {
  const name = sql.lit(setting)
  const current = sql`extract(epoch from current_setting(${name})::interval) * 1000`
  const shortest = sql`least(${milliseconds}::int, nullif(${current}, 0)::int)`
  return sql`pg_catalog.set_config(${name}, ${shortest}::text, true)`
}

/** Runs a query in a transaction that the server ends at the deadline: see `TimeDialect`. */
export function withinDeadline<DB, Result>(
  db: Kysely<DB>,
  deadline: Deadline,
  query: (db: Kysely<DB>) => Query<Result>,
): Promise<readonly Result[]> {
  return db.transaction().execute(async (transaction) => {
    if (deadline.passed()) {
      throw new SpillwayError('SPILLWAY_DEADLINE', 'The time ran out before a connection was free.')
    }
    await limitTransaction(transaction, { left: deadline.left() })
    return query(transaction).execute()
  })
}
