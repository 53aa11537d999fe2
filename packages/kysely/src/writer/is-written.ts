import { done, type Outcome, retry } from '@spillway/message'
import { type Kysely, sql } from 'kysely'
import type { Dialect, KeyPlace } from '../dialects/dialect.ts'
import type { Row, Schema } from '../dialects/table.ts'
import { isOfAValue } from '../errors/classify-error.ts'
import type { Deadline } from '../time/deadline.ts'
import { readOnce } from '../time/read-once.ts'

/** The table in which rows are searched for. */
export interface WrittenTable extends KeyPlace {
  readonly db: Kysely<Schema>
  readonly table: string
  readonly dialect: Dialect
}

/**
 * Whether the table has a row with the key of a refused row. A database checks a row before it looks for a conflict, so
 * a row that an earlier delivery wrote is refused if a constraint has become stricter.
 *
 * @throws SpillwayError `SPILLWAY_STATUS_UNAVAILABLE` when the database cannot be read
 */
async function isWritten(row: Row, place: WrittenTable, deadline: Deadline): Promise<boolean> {
  const { db, table, dialect } = place
  const read = async () => {
    try {
      const found = await dialect.time.withinDeadline(db, deadline, (transaction) =>
        transaction
          .selectFrom(table)
          .select(sql`1`.as('found'))
          .where(dialect.insert.keyIs(row, place))
          .limit(1),
      )
      return found.length > 0
    } catch (error) {
      // No row can contain a value that does not fit its column.
      if (isOfAValue(error)) return false
      throw error
    }
  }
  return readOnce(read, deadline)
}

/**
 * The final outcome of a row that is about to be parked: `done` if an earlier delivery wrote it, even if the table
 * would refuse it now.
 */
export async function parkUnlessWritten(
  row: Row,
  parked: Outcome,
  place: WrittenTable,
  deadline: Deadline,
): Promise<Outcome> {
  if (place.conflict.action !== 'nothing') return parked
  try {
    return (await isWritten(row, place, deadline)) ? done() : parked
  } catch (cause) {
    return retry({ cause })
  }
}
