import { type Outcome, park, SpillwayError } from '@spillway/message'
import type { EngineName } from '../engines/engine-name.ts'
import type { TableFacts } from './catalogue.ts'

const codes: Readonly<Record<EngineName, string>> = {
  postgres: '23505',
  mysql: 'MYSQL_1062',
  sqlite: 'SQLITE_2067',
}

/**
 * The outcome of a message whose key differs from another's in the table, and is the same to the collation of its column:
 * the table cannot hold both.
 *
 * @param on the conflict columns, by their names in the database
 */
export function parkTaken(engine: EngineName, on: readonly string[], { key }: TableFacts): Outcome {
  const columns = on.map((column) => {
    const collation = key?.get(column)?.collation
    return collation === undefined ? `"${column}"` : `"${column}" (collation ${collation})`
  })
  const detail = `The database refuses the row: another key is in the table, which the unique constraint of ${columns.join(', ')} takes for equal.`
  const cause = new SpillwayError('SPILLWAY_ROW_REFUSED', detail)
  return park({ code: codes[engine], detail }, { cause })
}
