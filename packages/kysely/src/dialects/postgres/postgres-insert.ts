import {
  CamelCasePlugin,
  type CompiledQuery,
  type InsertQueryBuilder,
  type KyselyPlugin,
  sql,
  WithSchemaPlugin,
} from 'kysely'
import { conditionOf, updatedColumns } from '../conflict-rule.ts'
import type { Statement } from '../dialect.ts'
import type { Row, Schema } from '../table.ts'
import { valueText } from './encode-value.ts'
import type { ParameterizedText } from './pipeline-transactions.ts'
import type { PostgresFacts } from './postgres-facts.ts'
import { asBytes } from './postgres-taken.ts'

/** A statement without its values. */
interface Prepared {
  readonly text: string
  /** The index of the value of each parameter. */
  readonly order: readonly number[]
}

// The cache is bounded, because a mapper may take its columns from a body.
const mostTexts = 100

/** The texts by table. They are valid for as long as the facts of the table. */
const textsOf = new WeakMap<PostgresFacts, Map<string, Prepared>>()

/**
 * The text of an insert and its parameters, one array for each column.
 *
 * Kysely compiles the text, so that its plugins and schemas apply. This happens once for each set of columns, because
 * it costs as much as all other work of the writer for a batch of a hundred rows. With a plugin that is not one of
 * Kysely's own for names, the text is compiled each time, because the result may differ.
 *
 * @param arrays the arrays, as text or in binary form, in the order of the columns
 */
export function compileInsert(
  columns: readonly string[],
  arrays: readonly (string | Buffer)[],
  statement: Statement<PostgresFacts>,
): ParameterizedText {
  return queryOf(columns.join('\0'), arrays, statement, (values) => buildInsert(columns, values, statement))
}

/**
 * The text of an insert and its parameters, one for each value, as in a plain insert.
 *
 * @param rows only a few: the text of the statement depends on the number of rows
 */
export function compileValues(
  columns: readonly string[],
  rows: readonly Row[],
  statement: Statement<PostgresFacts>,
): ParameterizedText {
  const values: (string | Uint8Array | null)[] = []
  for (const row of rows) {
    for (const value of row.values) values.push(value instanceof Uint8Array ? value : valueText(value))
  }
  // The id differs from those of `compileInsert`: no column has an empty name.
  return queryOf(`\0${rows.length}\0${columns.join('\0')}`, values, statement, (values) =>
    buildValues(columns, values, statement),
  )
}

function queryOf(
  id: string,
  values: readonly unknown[],
  statement: Statement<PostgresFacts>,
  compile: (values: readonly unknown[]) => CompiledQuery,
): ParameterizedText {
  if (!statement.db.getExecutor().plugins.every(changesNamesOnly)) {
    const { sql: text, parameters } = compile(values)
    return { text, parameters }
  }
  const texts = textsOf.get(statement.facts) ?? new Map<string, Prepared>()
  const known = texts.get(id)
  if (known !== undefined) return { text: known.text, parameters: known.order.map((index) => values[index]) }
  // Placeholders, to find the position of each value among the parameters.
  const { sql: text, parameters } = compile(values.map((_, index) => ({ index })))
  const order = parameters.map((place) => (place as { readonly index: number }).index)
  if (texts.size < mostTexts) textsOf.set(statement.facts, texts.set(id, { text, order }))
  return { text, parameters: order.map((index) => values[index]) }
}

// A class that extends one of these may change more than names.
function changesNamesOnly(plugin: KyselyPlugin): boolean {
  return plugin.constructor === CamelCasePlugin || plugin.constructor === WithSchemaPlugin
}

function buildInsert(
  columns: readonly string[],
  arrays: readonly unknown[],
  statement: Statement<PostgresFacts>,
): CompiledQuery {
  const { db, table, conflict } = statement
  const source =
    conflict.action === 'update'
      ? oneForEachKey(statement, columns, arrays)
      : rowsOf(statement, columns, arrays)
  return db
    .insertInto(table)
    .columns(columns)
    .expression(source)
    .$call((query) => onConflict(query, statement, columns))
    .compile()
}

function buildValues(
  columns: readonly string[],
  values: readonly unknown[],
  statement: Statement<PostgresFacts>,
): CompiledQuery {
  const { db, table } = statement
  const width = columns.length
  const records = Array.from({ length: values.length / width }, (_, row) =>
    Object.fromEntries(columns.map((column, index) => [column, values[row * width + index]])),
  )
  return db
    .insertInto(table)
    .values(records)
    .$call((query) => onConflict(query, statement, columns))
    .compile()
}

/** An array as a parameter, and the cast of its elements to the type of their column. */
function arrayOf({ facts, columnName }: Statement<PostgresFacts>, column: string, array: unknown) {
  const type = facts.types.get(columnName(column))
  if (type === undefined) throw new Error(`column ${column} is not in the catalogue`)
  // The type name comes from the catalogue, where Postgres quotes it, or from the option `types`, which is checked.
  const sqlType = sql.raw(type.sqlType)
  return type.unnestable
    ? { array: sql`${sql.val(array)}::${sqlType}[]`, cast: sql`` }
    : { array: sql`${sql.val(array)}::text[]`, cast: sql`::${sqlType}` }
}

/** `unnest` in the select list works row by row; in `from` the server would first copy all arrays. */
function rowsOf(statement: Statement<PostgresFacts>, columns: readonly string[], arrays: readonly unknown[]) {
  const selected = columns.map((column, index) => {
    const { array, cast } = arrayOf(statement, column, arrays[index])
    return sql`unnest(${array})${cast}`
  })
  return sql`select ${sql.join(selected)}`
}

/**
 * A `do update` must not contain a key twice (21000). The database decides which keys are equal and which version is
 * greater: two spellings of a uuid are one key.
 */
function oneForEachKey(
  statement: Statement<PostgresFacts>,
  columns: readonly string[],
  arrays: readonly unknown[],
) {
  const { conflict, facts, columnName } = statement
  const parts = columns.map((column, index) => arrayOf(statement, column, arrays[index]))
  const selected = parts.map(({ cast }, index) => sql`v.${sql.raw(`c${index}`)}${cast}`)
  const names = parts.map((_, index) => `c${index}`).join(', ')
  const from = sql`unnest(${sql.join(parts.map(({ array }) => array))}) with ordinality as v(${sql.raw(`${names}, n`)})`
  const at = (column: string) => selected[columns.indexOf(column)] ?? sql`null`
  // Keys that are equal by the collation alone are different keys: see `findTaken`.
  const exactly = (column: string) =>
    facts.key?.get(columnName(column))?.collation === undefined ? at(column) : asBytes(at(column))
  const key = sql.join(conflict.on.map(exactly))
  const newest = conflict.version === undefined ? [] : [sql`${at(conflict.version)} desc nulls last`]
  const order = sql.join([key, ...newest, sql`v.n desc`])
  return sql`select distinct on (${key}) ${sql.join([...selected])} from ${from} order by ${order}`
}

/**
 * The `on conflict` clause of Postgres.
 * A row whose key is equal by its collation alone is not updated.
 */
function onConflict<Result>(
  query: InsertQueryBuilder<Schema, string, Result>,
  { table, conflict, facts, columnName }: Pick<Statement, 'table' | 'conflict' | 'facts' | 'columnName'>,
  columns: readonly string[],
): InsertQueryBuilder<Schema, string, Result> {
  const { on, action, version, where, constraint } = conflict
  if (action === 'fail') return query
  const updated = action === 'update' ? updatedColumns(conflict, columns) : []
  const current = (column: string) => sql.ref(`${table}.${column}`)
  const given = (column: string) => sql.ref(`excluded.${column}`)
  const conditions = on
    .filter((column) => facts.key?.get(columnName(column))?.collation !== undefined)
    .map((column) => sql`${asBytes(current(column))} = ${asBytes(given(column))}`)
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
