import { type Kysely, sql } from 'kysely'
import { isOfAValue } from '../errors/postgres-errors.ts'
import type { Deadline } from '../time/deadline.ts'
import { readOnce } from '../time/read-once.ts'
import { withinDeadline } from '../time/within-deadline.ts'
import type { Schema } from './catalogue.ts'
import type { ConflictRule } from './conflict.ts'
import type { Row } from './row.ts'

/** Where rows are looked for. */
export interface WrittenTable {
  readonly db: Kysely<Schema>
  readonly table: string
  readonly conflict: ConflictRule
}

/**
 * Whether the table has a row with the key of a row that it refuses. A database checks a row before it looks for a
 * conflict: one that was written by an earlier delivery is refused all the same once a constraint is stricter.
 *
 * @throws SpillwayError `SPILLWAY_STATUS_UNAVAILABLE` when the database cannot tell
 */
export async function isWritten(
  { columns, values }: Row,
  { db, table, conflict }: WrittenTable,
  deadline: Deadline,
): Promise<boolean> {
  const read = async () => {
    try {
      const found = await withinDeadline(db, deadline, (transaction) =>
        transaction
          .selectFrom(table)
          .select(sql`1`.as('found'))
          .where((eb) =>
            eb.and(conflict.on.map((column) => eb(column, '=', values[columns.indexOf(column)]))),
          )
          .limit(1),
      )
      return found.length > 0
    } catch (error) {
      // A value that its column cannot hold is in no row.
      if (isOfAValue(error)) return false
      throw error
    }
  }
  return readOnce(read, deadline)
}
