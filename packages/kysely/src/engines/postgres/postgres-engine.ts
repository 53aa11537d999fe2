import { sql } from 'kysely'
import type { Row } from '../../writer/row.ts'
import type { Engine } from '../engine.ts'
import { keyIs } from '../key-is.ts'
import { arrayText } from './array-text.ts'
import { encodeValue } from './encode-value.ts'
import { readPostgresFacts } from './postgres-catalogue.ts'
import { insertOf } from './postgres-insert.ts'
import { runWithLimits } from './postgres-limits.ts'

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
    await runWithLimits(statement, insertOf(columns, arrays, statement))
  },
  keyIs: (row, place) =>
    keyIs(row, place, (column, value) => sql`${column}::text collate "C" = ${value}::text collate "C"`),
}

function columnText(rows: readonly Row[], index: number): string {
  // What `encodeValue` makes is a text.
  return arrayText(rows.map(({ values }) => (values[index] ?? null) as string | null))
}
