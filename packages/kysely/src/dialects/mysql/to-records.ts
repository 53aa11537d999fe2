import type { Row } from '../../writer/row.ts'
import type { Value } from '../dialect.ts'

/** Rows as Kysely's `values` takes them. */
export function toRecords(rows: readonly Row[]): Record<string, Value>[] {
  return rows.map(({ columns, values }) =>
    Object.fromEntries(columns.map((column, index) => [column, values[index] ?? null])),
  )
}
