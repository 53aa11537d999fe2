import { type InsertQueryBuilder, type RawBuilder, sql } from 'kysely'
import type { Schema } from '../../writer/catalogue.ts'
import { conditionOf, updatedColumns } from '../../writer/conflict.ts'
import type { Statement } from '../dialect.ts'

/**
 * The `on conflict` clause of Postgres.
 *
 * @param exactly compares two texts by their bytes: a row whose key is equal by collation alone is not updated
 */
export function onConflict<Result>(
  query: InsertQueryBuilder<Schema, string, Result>,
  { table, conflict, facts, columnName }: Pick<Statement, 'table' | 'conflict' | 'facts' | 'columnName'>,
  columns: readonly string[],
  exactly: (one: RawBuilder<unknown>, other: RawBuilder<unknown>) => RawBuilder<unknown>,
): InsertQueryBuilder<Schema, string, Result> {
  const { on, action, version, where, constraint } = conflict
  if (action === 'fail') return query
  const updated = action === 'update' ? updatedColumns(conflict, columns) : []
  const current = (column: string) => sql.ref(`${table}.${column}`)
  const given = (column: string) => sql.ref(`excluded.${column}`)
  const conditions = on
    .filter((column) => facts.key?.get(columnName(column))?.collation !== undefined)
    .map((column) => exactly(current(column), given(column)))
  if (version !== undefined) {
    conditions.push(sql`(${current(version)} is null or ${given(version)} > ${current(version)})`)
  }
  return query.onConflict((target) => {
    const named = constraint === undefined ? target.columns(on) : target.constraint(constraint)
    const keyed = where === undefined ? named : named.where(conditionOf(where))
    if (updated.length === 0) return keyed.doNothing()
    const update = keyed.doUpdateSet(Object.fromEntries(updated.map((column) => [column, given(column)])))
    return conditions.length === 0 ? update : update.where(sql<boolean>`${sql.join(conditions, sql` and `)}`)
  })
}
