import { type InsertQueryBuilder, sql } from 'kysely'
import type { Schema } from '../writer/catalogue.ts'
import { type ConflictRule, updatedColumns } from '../writer/conflict.ts'

/** The `on conflict` clause of Postgres and SQLite. */
export function onConflict<Result>(
  query: InsertQueryBuilder<Schema, string, Result>,
  table: string,
  conflict: ConflictRule,
  columns: readonly string[],
): InsertQueryBuilder<Schema, string, Result> {
  const { on, action, version } = conflict
  if (action === 'fail') return query
  const updated = action === 'update' ? updatedColumns(conflict, columns) : []
  return query.onConflict((target) => {
    const keyed = target.columns(on)
    if (updated.length === 0) return keyed.doNothing()
    const update = keyed.doUpdateSet(
      Object.fromEntries(updated.map((column) => [column, sql.ref(`excluded.${column}`)])),
    )
    if (version === undefined) return update
    const current = sql.ref(`${table}.${version}`)
    return update.where(sql<boolean>`(${current} is null or ${sql.ref(`excluded.${version}`)} > ${current})`)
  })
}
