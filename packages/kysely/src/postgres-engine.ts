import { type Kysely, sql } from 'kysely'
import type { Schema } from './catalogue.ts'
import { encodeValue } from './encode-value.ts'
import type { Engine, Statement } from './engine.ts'
import { onConflict } from './on-conflict.ts'
import { readPostgresFacts } from './postgres-catalogue.ts'
import { withLimits } from './postgres-limits.ts'
import type { Row } from './row.ts'

/**
 * Postgres and PGlite: one array for each column, unfolded by `unnest`. The text of the statement depends on the columns
 * alone, no limit on parameters applies, and the statement has no name, so that RDS Proxy does not pin the session.
 */
export const postgresEngine: Engine = {
  readFacts: readPostgresFacts,
  encode: encodeValue,
  chunk: (rows) => [rows],
  insert: (rows, statement) => withLimits(statement, (db) => insert(db, rows, statement)),
}

async function insert(db: Kysely<Schema>, rows: readonly Row[], statement: Statement): Promise<void> {
  const { table, conflict, facts, columnName } = statement
  const columns = rows[0]?.columns ?? []
  const parameters = columns.map((_, index) => rows.map((row) => row.values[index] ?? null))
  const parts = columns.map((column, index) => {
    const type = facts.types.get(columnName(column))
    if (type === undefined) throw new Error(`column ${column} is not in the catalogue`)
    const values = sql.val(parameters[index])
    const name = sql.raw(`v.c${index}`)
    // Both type names come from the catalogue, quoted by Postgres itself.
    return type.unnestable
      ? { array: sql`${values}::${sql.raw(type.sqlType)}[]`, selected: name }
      : { array: sql`${values}::text[]`, selected: sql`${name}::${sql.raw(type.sqlType)}` }
  })
  const arrays = sql.join(parts.map((part) => part.array))
  const selected = parts.map((part) => part.selected)
  const names = columns.map((_, index) => `c${index}`).join(', ')
  const source =
    conflict.action === 'update'
      ? oneForEachKey(
          statement,
          columns,
          selected,
          sql`unnest(${arrays}) with ordinality as v(${sql.raw(`${names}, n`)})`,
        )
      : sql`select ${sql.join(selected)} from unnest(${arrays}) as v(${sql.raw(names)})`
  await db
    .insertInto(table)
    .columns(columns)
    .expression(source)
    .$call((query) => onConflict(query, table, conflict, columns))
    .execute()
}

/**
 * A `do update` must not meet a key twice (21000). Which keys are equal and which version is greater is for the
 * database to say: two spellings of a uuid are one key.
 */
function oneForEachKey(
  { conflict }: Statement,
  columns: readonly string[],
  selected: readonly ReturnType<typeof sql>[],
  from: ReturnType<typeof sql>,
) {
  const at = (column: string) => selected[columns.indexOf(column)] ?? sql`null`
  const key = sql.join(conflict.on.map(at))
  const newest = conflict.version === undefined ? [] : [sql`${at(conflict.version)} desc nulls last`]
  const order = sql.join([key, ...newest, sql`v.n desc`])
  return sql`select distinct on (${key}) ${sql.join([...selected])} from ${from} order by ${order}`
}
