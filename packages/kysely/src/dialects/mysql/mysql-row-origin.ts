import { sql } from 'kysely'
import type { ErrorOrigin, FailedStatement, Values } from '../error-origin.ts'
import type { Value } from '../table.ts'
import type { MysqlColumnFacts, MysqlTable } from './mysql-columns.ts'

// A message that names a column or a key without its table may be about another table, which a trigger writes to. Then
// the values of the row decide: the row caused the error if the table itself would refuse them.

/** The origin of a duplicate key: the row, if another row of the table has the values of the key. */
export async function originOfTaken(
  failed: FailedStatement,
  { columns }: MysqlTable,
  keys: readonly (readonly string[])[],
  values: Values,
): Promise<ErrorOrigin> {
  for (const names of keys) {
    const found = columns.filter(({ name }) => names.includes(name))
    // The values of generated columns are not known here.
    const isKnown = found.every(({ name, inputs }) => values.has(name) || inputs.length === 0)
    if (isKnown && (await isTaken(failed, names, values))) return 'row'
  }
  return 'unsure'
}

async function isTaken(failed: FailedStatement, names: readonly string[], values: Values): Promise<boolean> {
  const { db, table, conflict = [], action } = failed
  const equal = names.map((name) => {
    const column = sql.ref(name)
    return sql`${column} = ${values.has(name) ? sql.val(values.get(name)) : sql`default(${column})`}`
  })
  // A row with the same conflict key is updated: it is not a conflict.
  const own = conflict.map((name) => sql`${sql.ref(name)} = ${values.get(name) ?? null}`)
  const isOther = action === 'update' ? sql` and not (${sql.join(own, sql` and `)})` : sql``
  const from = sql.id(...(table.schema === undefined ? [] : [table.schema]), table.name)
  const { rows } =
    await sql`select 1 from ${from} where ${sql.join(equal, sql` and `)}${isOther} limit 1`.execute(
      db.withoutPlugins(),
    )
  return rows.length > 0
}

/** The origin of a refused value: the row, if the column itself cannot hold the value. */
export function originOfRefused(number: number, column: MysqlColumnFacts, values: Values): ErrorOrigin {
  const value = values.get(column.name)
  return value !== undefined && isRefused(number, column, value) ? 'row' : 'unsure'
}

function isRefused(number: number, { most, bits, isUnsigned }: MysqlColumnFacts, value: Value): boolean {
  if (number === 1048) return value === null
  if (number === 1406) return most !== undefined && lengthOf(value) > most
  if (number !== 1264 || bits === undefined || (typeof value !== 'number' && typeof value !== 'bigint'))
    return false
  return isUnsigned
    ? value < 0 || value >= 2n ** bits
    : value < -(2n ** (bits - 1n)) || value >= 2n ** (bits - 1n)
}

/** The length as the server counts it: in characters for a text, in bytes for other values. */
function lengthOf(value: Value): number {
  if (value instanceof Uint8Array) return value.length
  return typeof value === 'string' ? [...value].length : 0
}
