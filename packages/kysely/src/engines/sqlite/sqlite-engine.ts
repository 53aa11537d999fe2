import { SpillwayError } from '@spillway/message'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Schema, TableFacts, TableName } from '../../writer/catalogue.ts'
import type { ConflictRule } from '../../writer/conflict.ts'
import type { Row } from '../../writer/row.ts'
import { chunkRows } from '../chunk-rows.ts'
import type { Engine } from '../engine.ts'
import { keyIs } from '../key-is.ts'
import { onConflict } from '../on-conflict.ts'
import { plainValue } from '../plain-value.ts'
import type { ColumnType } from '../postgres/encode-value.ts'
import { toRecords } from '../to-records.ts'
import { sqliteCulprit } from './sqlite-culprit.ts'

/** SQLite's own limit is 32,766 since 3.32 (2020), "Limits In SQLite". */
const maxParameters = 32_766

/**
 * SQLite: rows of `values`. Dates are stored as ISO 8601 texts in UTC. Its drivers are synchronous: no time limit can
 * interrupt a statement.
 */
export const sqliteEngine: Engine = {
  readFacts,
  encode: (value) => plainValue(value, { date: (date) => date.toISOString(), bigint: integerOf }),
  culprit: sqliteCulprit,
  chunk: (rows) => chunkRows(rows, { parameters: maxParameters }),
  async insert(rows, statement) {
    await statement.db
      .insertInto(statement.table)
      .values(toRecords(rows))
      .$call((query) => onConflict(query, statement, rows[0]?.columns ?? [], exactly))
      .execute()
  },
  keyIs: (row, place) => keyIs(row, place, exactly),
  async findTaken(rows, statement) {
    const taken = new Set<Row>()
    for (const row of rows) {
      const found = await statement.db
        .selectFrom(statement.table)
        .select(sql<number>`${keyIs(row, statement, exactly)}`.as('same'))
        .where(keyIs(row, statement, (column, value) => sql`${column} = ${value}`))
        .execute()
      if (found.some(({ same }) => !same)) taken.add(row)
    }
    return taken
  },
}

/** An integer of SQLite has 64 bits: its drivers refuse others, and would refuse the statement of all rows. */
function integerOf(value: bigint): bigint {
  if (BigInt.asIntN(64, value) !== value) throw new RangeError('the number does not fit into 64 bits')
  return value
}

function exactly(column: RawBuilder<unknown>, value: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`${column} = ${value} collate binary`
}

async function readFacts(
  db: Kysely<Schema>,
  { schema, name }: TableName,
  { on }: ConflictRule,
): Promise<TableFacts> {
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
  const { rows: collations } = await sql<{ name: string; collation: string }>`
    select distinct x.name, x.coll as collation
    from pragma_index_list(${name}, ${schema ?? null}) l, pragma_index_xinfo(l.name, ${schema ?? null}) x
    where l."unique" = 1 and x.key = 1 and x.coll <> 'BINARY'`.execute(db.withoutPlugins())
  const key = collations
    .filter((column) => on.includes(column.name))
    .map(({ name, collation }) => [name, { type: 'text', collation }] as const)
  return { types: new Map(rows.map((row) => [row.name, facts(row)])), key: new Map(key) }
}
