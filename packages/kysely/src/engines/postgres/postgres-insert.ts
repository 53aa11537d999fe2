import { CamelCasePlugin, type CompiledQuery, type KyselyPlugin, sql, WithSchemaPlugin } from 'kysely'
import type { TableFacts } from '../../writer/catalogue.ts'
import type { Statement } from '../engine.ts'
import { onConflict } from '../on-conflict.ts'
import { asBytes } from './postgres-taken.ts'

/** A statement with one parameter for each column: the array of its values. */
interface Prepared {
  readonly text: string
  /** Of each parameter, the index of its column. */
  readonly order: readonly number[]
}

// A mapper may take its columns from a body: what is remembered has a bound.
const mostTexts = 100

/** What is known of a table holds, so does the text: both are forgotten together. */
const textsOf = new WeakMap<TableFacts, Map<string, Prepared>>()

/**
 * The text of an insert and its parameters, one array for each column.
 *
 * Kysely makes the text, so that its plugins and schemas apply: once for each set of columns, which costs a batch of a
 * hundred rows as much as all else that the writer computes. Where a plugin is not one of Kysely's own that change names,
 * it may do something else each time, and is asked each time.
 *
 * @param arrays the texts of the arrays, in the order of the columns
 */
export function insertOf(
  columns: readonly string[],
  arrays: readonly string[],
  statement: Statement,
): { readonly text: string; readonly parameters: readonly unknown[] } {
  if (!statement.db.getExecutor().plugins.every(changesNamesOnly)) {
    const { sql: text, parameters } = compile(columns, arrays, statement)
    return { text, parameters }
  }
  const { text, order } = preparedOf(columns, statement)
  return { text, parameters: order.map((index) => arrays[index]) }
}

function preparedOf(columns: readonly string[], statement: Statement): Prepared {
  const texts = textsOf.get(statement.facts) ?? new Map<string, Prepared>()
  const id = columns.join('\0')
  const known = texts.get(id)
  if (known !== undefined) return known
  // Each stands for the array of a column, so that it is found among the parameters.
  const places = columns.map((_, index) => ({ index }))
  const { sql: text, parameters } = compile(columns, places, statement)
  const prepared = { text, order: parameters.map((place) => (place as { readonly index: number }).index) }
  if (texts.size < mostTexts) textsOf.set(statement.facts, texts.set(id, prepared))
  return prepared
}

// Not those of a class of the user's that extends them.
function changesNamesOnly(plugin: KyselyPlugin): boolean {
  return plugin.constructor === CamelCasePlugin || plugin.constructor === WithSchemaPlugin
}

function compile(
  columns: readonly string[],
  arrays: readonly unknown[],
  statement: Statement,
): CompiledQuery {
  const { db, table, conflict, facts, columnName } = statement
  const parts = columns.map((column, index) => {
    const type = facts.types.get(columnName(column))
    if (type === undefined) throw new Error(`column ${column} is not in the catalogue`)
    const values = sql.val(arrays[index])
    const name = sql.raw(`v.c${index}`)
    // Both type names come from the catalogue, quoted by Postgres itself.
    return type.unnestable
      ? { array: sql`${values}::${sql.raw(type.sqlType)}[]`, selected: name }
      : { array: sql`${values}::text[]`, selected: sql`${name}::${sql.raw(type.sqlType)}` }
  })
  const unnested = sql.join(parts.map((part) => part.array))
  const selected = parts.map((part) => part.selected)
  const names = columns.map((_, index) => `c${index}`).join(', ')
  const source =
    conflict.action === 'update'
      ? oneForEachKey(
          statement,
          columns,
          selected,
          sql`unnest(${unnested}) with ordinality as v(${sql.raw(`${names}, n`)})`,
        )
      : sql`select ${sql.join(selected)} from unnest(${unnested}) as v(${sql.raw(names)})`
  return db
    .insertInto(table)
    .columns(columns)
    .expression(source)
    .$call((query) =>
      onConflict(query, statement, columns, (one, other) => sql`${asBytes(one)} = ${asBytes(other)}`),
    )
    .compile()
}

/**
 * A `do update` must not meet a key twice (21000). Which keys are equal and which version is greater is for the
 * database to say: two spellings of a uuid are one key.
 */
function oneForEachKey(
  { conflict, facts, columnName }: Statement,
  columns: readonly string[],
  selected: readonly ReturnType<typeof sql>[],
  from: ReturnType<typeof sql>,
) {
  const at = (column: string) => selected[columns.indexOf(column)] ?? sql`null`
  // Two keys that only the collation takes for equal are not one: see `findTaken`.
  const exactly = (column: string) =>
    facts.key?.get(columnName(column))?.collation === undefined ? at(column) : asBytes(at(column))
  const key = sql.join(conflict.on.map(exactly))
  const newest = conflict.version === undefined ? [] : [sql`${at(conflict.version)} desc nulls last`]
  const order = sql.join([key, ...newest, sql`v.n desc`])
  return sql`select distinct on (${key}) ${sql.join([...selected])} from ${from} order by ${order}`
}
