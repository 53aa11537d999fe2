import { SpillwayError } from '@spillway/message'
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import type { Deadline } from './deadline.ts'

/**
 * Runs a statement of Postgres that the server itself ends at the deadline (SQLSTATE 57014): the caller's connection,
 * its only one perhaps, is free again when the caller has given up.
 *
 * The limit is set in a transaction, which ends with it: a session setting would stay on a connection that others use,
 * and a pooler in transaction mode would give it to strangers.
 *
 * @throws SpillwayError `SPILLWAY_DEADLINE` when the connection came too late, or what the driver throws
 */
export function withinDeadline<DB, T>(
  db: Kysely<DB>,
  deadline: Deadline,
  run: (transaction: Transaction<DB>) => Promise<T>,
): Promise<T> {
  return db.transaction().execute(async (transaction) => {
    if (deadline.passed()) {
      throw new SpillwayError('SPILLWAY_DEADLINE', 'The time ran out before a connection was free.')
    }
    await limitStatements(Math.max(1, Math.ceil(deadline.left()))).execute(transaction)
    return run(transaction)
  })
}

/** A shorter `statement_timeout` than these milliseconds, which somebody set on purpose, stays; 0 is none. */
function limitStatements(milliseconds: number): RawBuilder<unknown> {
  const current = sql`extract(epoch from current_setting('statement_timeout')::interval) * 1000`
  const shorter = sql`least(${milliseconds}::int, nullif(${current}, 0)::int)`
  return sql`select pg_catalog.set_config('statement_timeout', ${shorter}::text, true)`
}
