import { sql } from 'kysely'
import { sqlState } from '../../errors/postgres-errors.ts'
import type { Row } from '../../writer/row.ts'
import type { Engine, Statement } from '../engine.ts'
import { keyIs } from '../key-is.ts'
import { arrayText } from './array-text.ts'
import { encodeValue } from './encode-value.ts'
import { readPostgresFacts } from './postgres-catalogue.ts'
import { insertOf } from './postgres-insert.ts'
import { runWithLimits } from './postgres-limits.ts'
import { asBytes, findTaken } from './postgres-taken.ts'

/**
 * Postgres and PGlite: one array for each column, unfolded by `unnest`. The text of the statement depends on the columns
 * alone, no limit on parameters applies, and the statement has no name, so that RDS Proxy does not pin the session.
 */
export const postgresEngine: Engine = {
  readFacts: readPostgresFacts,
  encode: encodeValue,
  chunk: (rows) => [rows],
  async insert(rows, statement) {
    const columns = rows[0]?.columns ?? []
    const arrays = columns.map((_, index) => columnText(rows, index))
    try {
      await runWithLimits(statement, insertOf(columns, arrays, statement))
    } catch (error) {
      throw sqlState(error) === '21000' && hasInexactKey(statement) ? meetsItself() : error
    }
  },
  keyIs: (row, place) => keyIs(row, place, (column, value) => sql`${asBytes(column)} = ${asBytes(value)}`),
  findTaken,
}

function hasInexactKey({ conflict, facts, columnName }: Statement): boolean {
  return conflict.on.some((column) => facts.key?.get(columnName(column))?.collation !== undefined)
}

/** Two keys of a statement that the collation takes for equal: apart from each other, each is told what it is. */
function meetsItself(): Error {
  const words = 'a statement updates a row twice, by keys that are equal by collation'
  return Object.assign(new Error(words), { code: '23505', severity: 'ERROR' })
}

function columnText(rows: readonly Row[], index: number): string {
  // What `encodeValue` makes is a text.
  return arrayText(rows.map(({ values }) => (values[index] ?? null) as string | null))
}
