import { type Outcome, park, retry, SpillwayError } from '@spillway/message'
import { equalByCollation } from '../dialects/key-column.ts'
import type { Row, TableFacts } from '../dialects/table.ts'
import type { Deadline } from '../time/deadline.ts'
import { readOnce } from '../time/read-once.ts'
import type { Table } from './table.ts'

/**
 * The outcome of a message whose key differs from another key in the table, but is equal to it by the collation of the
 * column: the table cannot hold both.
 *
 * @param on the conflict columns, by their names in the database
 */
function parkTaken(code: string, on: readonly string[], { key }: TableFacts): Outcome {
  const rule = equalByCollation(on, (column) => key?.get(column)?.collation)
  const detail = `The database refuses the row: ${rule}.`
  const cause = new SpillwayError('SPILLWAY_ROW_REFUSED', detail)
  return park({ code, detail }, { cause })
}

/** Parameters of {@link settleTaken}. */
export interface TakenPlace {
  /** The code of a duplicate. */
  readonly code: string
  readonly table: Table
  /** The conflict columns. */
  readonly on: readonly string[]
  readonly facts: TableFacts
}

/** Replaces the outcomes of rows that the database silently omitted, because another key is equal by collation. */
export async function settleTaken(
  settled: Map<Row, Outcome>,
  { code, table, on, facts }: TakenPlace,
  deadline: Deadline,
): Promise<void> {
  const passed = [...settled].flatMap(([row, { kind }]) => (kind === 'done' ? [row] : []))
  if (passed.length === 0 || !table.mayBeTaken(facts)) return
  try {
    const taken = await readOnce(() => table.findTaken(passed, facts, deadline), deadline)
    const outcome = parkTaken(code, on.map(table.columnName), facts)
    for (const row of taken) settled.set(row, outcome)
  } catch (cause) {
    for (const row of passed) settled.set(row, retry({ cause }))
  }
}
