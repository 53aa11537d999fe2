import { type RawBuilder, sql } from 'kysely'
import { conditionOf } from './conflict-rule.ts'
import type { KeyPlace } from './dialect.ts'
import type { Row } from './table.ts'

/**
 * A condition: the row in the table has exactly the key of the given row.
 *
 * @param exactly compares a value with a column whose collation may treat other texts as equal
 */
export function keyIs(
  { columns, values }: Row,
  { conflict, facts, columnName }: KeyPlace,
  exactly: (column: RawBuilder<unknown>, value: RawBuilder<unknown>) => RawBuilder<unknown>,
): RawBuilder<boolean> {
  const conditions = conflict.on.flatMap((name) => {
    const column = sql.ref(name)
    const value = sql.val(values[columns.indexOf(name)])
    const equal = sql`${column} = ${value}`
    return facts.key?.get(columnName(name))?.collation === undefined
      ? [equal]
      : [equal, exactly(column, value)]
  })
  if (conflict.where !== undefined) conditions.push(conditionOf(conflict.where))
  return sql<boolean>`${sql.join(conditions, sql` and `)}`
}
