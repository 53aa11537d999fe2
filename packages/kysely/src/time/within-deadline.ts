import { SpillwayError } from '@spillway/message'
import { type Kysely, type OperationNodeSource, sql } from 'kysely'
import { engineOf } from '../dialects/dialects.ts'
import { limitTransaction } from '../dialects/postgres/transaction-limits.ts'
import type { Deadline } from './deadline.ts'
import { serverTime } from './server-time.ts'

/** A query of Kysely that is not run yet. */
export interface Query<Row> extends OperationNodeSource {
  execute(): Promise<Row[]>
}

/**
 * Runs a query that the server itself ends at the deadline, as far as it can: Postgres always, MariaDB always, MySQL not
 * (see `mysqlLimits`).
 *
 * @throws SpillwayError `SPILLWAY_DEADLINE` when the connection came too late, or what the driver throws
 */
export async function withinDeadline<DB, Row>(
  db: Kysely<DB>,
  deadline: Deadline,
  query: (db: Kysely<DB>) => Query<Row>,
): Promise<readonly Row[]> {
  switch (engineOf('withinDeadline', db)) {
    case 'postgres':
      return withinTransaction(db, deadline, (transaction) => query(transaction).execute())
    case 'mysql': {
      const seconds = (serverTime(deadline.left()) / 1_000).toFixed(3)
      // A comment to MySQL, and to MariaDB what it says (MariaDB, "Comment Syntax"). It holds for one statement.
      const limit = sql.raw(`/*M! set statement max_statement_time = ${seconds} for */ `)
      return (await sql<Row>`${limit}${query(db)}`.execute(db.withoutPlugins())).rows
    }
  }
}

/**
 * Runs a statement of Postgres that the server itself ends before the deadline (SQLSTATE 57014): the caller's connection,
 * its only one perhaps, is free again when the caller gives up.
 *
 * The limit is set in a transaction, which ends with it: a session setting would stay on a connection that others use,
 * and a pooler in transaction mode would give it to strangers.
 *
 * The server ends the transaction, too (SQLSTATE 25P03), when nothing comes after the statement: Lambda freezes an
 * environment that has answered, and a transaction without its COMMIT would keep its locks for as long as that lasts.
 *
 * @throws SpillwayError `SPILLWAY_DEADLINE` when the connection came too late, or what the driver throws
 */
function withinTransaction<DB, T>(
  db: Kysely<DB>,
  deadline: Deadline,
  run: (transaction: Kysely<DB>) => Promise<T>,
): Promise<T> {
  return db.transaction().execute(async (transaction) => {
    if (deadline.passed()) {
      throw new SpillwayError('SPILLWAY_DEADLINE', 'The time ran out before a connection was free.')
    }
    await limitTransaction(deadline.left(), 1).execute(transaction)
    return run(transaction)
  })
}
