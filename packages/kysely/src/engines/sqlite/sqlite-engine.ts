import { SpillwayError } from '@spillway/message'
import { type Kysely, sql } from 'kysely'
import type { Schema, TableFacts, TableName } from '../../writer/catalogue.ts'
import { chunkRows } from '../chunk-rows.ts'
import type { Engine } from '../engine.ts'
import { keyIs } from '../key-is.ts'
import { onConflict } from '../on-conflict.ts'
import { plainValue } from '../plain-value.ts'
import type { ColumnType } from '../postgres/encode-value.ts'
import { toRecords } from '../to-records.ts'

/** SQLite's own limit is 32,766 since 3.32 (2020), "Limits In SQLite". */
const maxParameters = 32_766

/**
 * SQLite: rows of `values`. Dates are stored as ISO 8601 texts in UTC. Its drivers are synchronous: no time limit can
 * interrupt a statement.
 */
export const sqliteEngine: Engine = {
  readFacts,
  encode: (value) => plainValue(value, { date: (date) => date.toISOString() }),
  chunk: (rows) => chunkRows(rows, { parameters: maxParameters }),
  async insert(rows, { db, table, conflict }) {
    await db
      .insertInto(table)
      .values(toRecords(rows))
      .$call((query) => onConflict(query, table, conflict, rows[0]?.columns ?? []))
      .execute()
  },
  keyIs: (row, place) => keyIs(row, place, (column, value) => sql`${column} = ${value} collate binary`),
}

async function readFacts(db: Kysely<Schema>, { schema, name }: TableName): Promise<TableFacts> {
  const { rows } = await sql<{ name: string; type: string }>`
    select name, type from pragma_table_info(${name}, ${schema ?? null})`.execute(db.withoutPlugins())
  if (rows.length === 0) {
    throw new SpillwayError(
      'SPILLWAY_TABLE_UNKNOWN',
      `The table "${name}" does not exist: run the migration.`,
    )
  }
  const facts = ({ type }: { type: string }): ColumnType => ({
    sqlType: type,
    unnestable: false,
    list: false,
    json: false,
  })
  return { types: new Map(rows.map((row) => [row.name, facts(row)])) }
}
