import { CompiledQuery, type RawBuilder, sql } from 'kysely'
import { slices } from '../chunks.ts'
import type { KeyPlace, Statement } from '../dialect.ts'
import { keyIs } from '../key-is.ts'
import { hasPlainKeys, keyOf } from '../key-text.ts'
import type { Row } from '../table.ts'
import type { MysqlFacts } from './mysql-facts.ts'
import { mysqlLimits } from './mysql-limits.ts'

// With a hundred look-ups in a statement, round trips hardly matter. One statement with a thousand look-ups takes
// longer than ten with a hundred.
const mostLookups = 100
const mostListed = 1_000

/** Finds the rows whose exact keys are in the table. */
export async function findKeys(
  rows: readonly Row[],
  statement: Statement<MysqlFacts>,
): Promise<ReadonlySet<Row>> {
  return (await findListed(rows, statement)) ?? lookUp(rows, statement, isExactly)
}

/** Finds the rows whose keys are in the table, or equal to a key in it by collation. */
export function findEqualKeys(
  rows: readonly Row[],
  statement: Statement<MysqlFacts>,
): Promise<ReadonlySet<Row>> {
  return lookUp(rows, statement, isEqual)
}

/**
 * Looks up all keys by one list, which costs a fifth of separate look-ups. The database returns the keys that it treats
 * as equal, and their texts show which rows they belong to. Returns `undefined` if a text belongs to no row: the key is
 * equal by collation only, or the driver returned it in another form.
 */
async function findListed(
  rows: readonly Row[],
  { db, table, conflict, facts, deadline, columnName }: Statement<MysqlFacts>,
): Promise<ReadonlySet<Row> | undefined> {
  const [column, another] = conflict.on
  const type = facts.types.get(columnName(column ?? ''))
  if (column === undefined || another !== undefined || !hasPlainKeys(type)) return undefined
  const found = new Set<Row>()
  for (const part of slices(rows, mostListed)) {
    const byKey = new Map(part.map((row) => [row.key, row]))
    const list = part.map(({ columns, values }) => values[columns.indexOf(column)] ?? null)
    // The driver rounds large integers.
    const key = sql.ref(column)
    const read = type?.sqlType.endsWith('int') ? sql`cast(${key} as char)` : key
    const query = db.selectFrom(table).select(sql`${read}`.as('k')).where(column, 'in', list).compile()
    const result = await db
      .withoutPlugins()
      .executeQuery<{ k: string }>(
        CompiledQuery.raw(`${mysqlLimits(deadline, facts)}${query.sql}`, [...query.parameters]),
      )
    for (const { k } of result.rows) {
      const row = type && byKey.get(keyOf([k], [0], [type]))
      if (row === undefined) return undefined
      found.add(row)
    }
  }
  return found
}

/** Looks up each row in the index. */
async function lookUp(
  rows: readonly Row[],
  statement: Statement<MysqlFacts>,
  matches: (row: Row, place: KeyPlace) => RawBuilder<boolean>,
): Promise<ReadonlySet<Row>> {
  const { db, table, facts, deadline } = statement
  const found = new Set<Row>()
  for (const part of slices(rows, mostLookups)) {
    const lookups = part.map((row, index) =>
      db.selectFrom(table).select(sql<number>`${index}`.as('n')).where(matches(row, statement)).compile(),
    )
    const text = lookups.map((lookup) => lookup.sql).join(' union all ')
    const parameters = lookups.flatMap((lookup) => lookup.parameters)
    const query = CompiledQuery.raw(`${mysqlLimits(deadline, facts)}${text}`, parameters)
    const result = await db.withoutPlugins().executeQuery<{ n: number }>(query)
    for (const { n } of result.rows) {
      const row = part[Number(n)]
      if (row !== undefined) found.add(row)
    }
  }
  return found
}

/** Whether a row of the table has exactly the key of the given row: collations treat other texts as equal. */
export function isExactly(row: Row, place: KeyPlace): RawBuilder<boolean> {
  return keyIs(row, place, (column, value) => sql`${bytes(column)} = ${bytes(value)}`)
}

function isEqual(row: Row, place: KeyPlace): RawBuilder<boolean> {
  return keyIs(row, place, (column, value) => sql`${column} = ${value}`)
}

/** Converts to one character set: a character that the column's character set lacks would become a question mark. */
function bytes(text: RawBuilder<unknown>) {
  return sql`cast(convert(${text} using utf8mb4) as binary)`
}
