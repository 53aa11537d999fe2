import type { MessageRecord, Outcome } from '@spillway/message'
import type { Value } from '../dialects/dialect.ts'
import type { KeyColumn } from '../dialects/key-column.ts'
import { hasPlainKeys, keyOf } from '../dialects/key-text.ts'
import type { ColumnType } from '../dialects/postgres/encode-value.ts'
import type { ColumnTypes, TableFacts } from './catalogue.ts'
import type { ConflictRule } from './conflict.ts'
import {
  isRow,
  mapperThrew,
  noKey,
  noRow,
  noVersion,
  outsideOfIndex,
  type UnknownColumn,
  unfitValue,
  unheldKey,
  unknownColumns,
} from './row-fault.ts'

/** A row ready for a statement. */
export interface Row {
  /** The columns that have a value, sorted: rows with the same columns share a statement. */
  readonly columns: readonly string[]
  /** The values as they travel, in the order of the columns. */
  readonly values: readonly Value[]
  /** The values of the conflict columns: rows with one key are one row. */
  readonly key: string
  /** Whether rows that are the same to the database have the same `key`, however their values are written. */
  readonly isKeyPlain: boolean
  readonly receiveCount: number
  /** Whether this record, or another of its key, was delivered before. Default: what `receiveCount` says. */
  readonly redelivered?: boolean
  /** Which go first where not all can. Default: `receiveCount`. */
  readonly priority?: number
  /** Where the records of this row are in the batch. */
  readonly positions: readonly number[]
}

/** What {@link createRowMapper} has to know of the table. */
export interface RowRules<Body> {
  /** The name of the table, for errors. */
  readonly table: string
  /** Whether the columns are those that the user declared, rather than those that the database has. */
  readonly isDeclared?: boolean
  readonly map: (message: MessageRecord<Body>) => object
  /** The conflict columns. */
  readonly conflict: readonly string[]
  /** What a row has in the columns of the condition of a partial index. */
  readonly where?: ConflictRule['where']
  /** The column that says which of two rows with one key is the newer, if there is one. */
  readonly version?: string | undefined
  readonly types: ColumnTypes
  /** What the database does to the values of the conflict columns. */
  readonly key?: TableFacts['key']
  columnName(column: string): string
  /** Throws for a value that no column can hold. */
  encode(value: unknown, type: ColumnType): Value
}

/** A mapper of the user's may take its columns from a body: what is remembered has a bound. */
const mostShapes = 100

/** What rows with the same columns have in common. */
interface Shape {
  /** Sorted. */
  readonly columns: readonly string[]
  readonly types: readonly ColumnType[]
  /** Where the conflict columns are among the columns; -1 for one that is missing. */
  readonly key: readonly number[]
  /** What the database does to the values of the key; only where it keeps not all. */
  readonly lossy: readonly (readonly [place: number, column: KeyColumn])[]
  /** Whether texts tell which keys are equal. */
  readonly isKeyPlain: boolean
  /** Where the version is, if there has to be one. */
  readonly version: readonly number[]
  /** The columns that the table does not have. */
  readonly unknown: readonly UnknownColumn[]
}

/**
 * Maps messages to rows and their values to what travels. A column whose value is `undefined` is left
 * out, so that its default applies.
 *
 * The function answers the row; or an outcome, `park` with `SPILLWAY_ROW_INVALID`, when the mapper throws or answers
 * something else, no column can hold a value, or a conflict column or the version has none. What was thrown is the cause
 * of that outcome, for the log. It throws `SPILLWAY_TABLE_UNKNOWN` for a column that the table does not have: a migration
 * that is still to come is no fault of the record.
 */
export function createRowMapper<Body>(
  rules: RowRules<Body>,
): (message: MessageRecord<Body>, position: number) => Row | Outcome {
  const shapes = new Map<string, Shape>()
  let last: { readonly names: readonly string[]; readonly shape: Shape } | undefined

  // Rows mostly have the same columns: this runs for each row, and is worth its lines.
  function shapeOf(mapped: Readonly<Record<string, unknown>>): Shape {
    const names = givenNames(mapped)
    if (last !== undefined && areSame(last.names, names)) return last.shape
    const columns = names.toSorted()
    const id = columns.join('\0')
    const shape = shapes.get(id) ?? createShape(columns)
    if (shapes.size >= mostShapes) shapes.clear()
    shapes.set(id, shape)
    last = { names, shape }
    return shape
  }

  function createShape(columns: readonly string[]): Shape {
    const named = columns.map((given) => ({ given, name: rules.columnName(given) }))
    const types = named.flatMap(({ name }) => rules.types.get(name) ?? [])
    const unknown = named.filter(({ name }) => !rules.types.has(name))
    const places = (names: readonly string[]) => names.map((column) => columns.indexOf(column))
    const version = rules.version === undefined ? [] : places([rules.version])
    const key = places(rules.conflict)
    const isKeyPlain = key.every((place) => hasPlainKeys(types[place]))
    const lossy = rules.conflict.flatMap((column, index) => {
      const facts = rules.key?.get(rules.columnName(column))
      return facts?.holds === undefined ? [] : [[index, facts] as const]
    })
    return { columns, types, key, lossy, isKeyPlain, version, unknown }
  }

  return function toRow(message, position) {
    let mapped: Readonly<Record<string, unknown>>
    let shape: Shape
    try {
      const answer: unknown = rules.map(message)
      if (!isRow(answer)) return noRow(answer)
      const other = columnUnlike(answer, rules.where)
      if (other !== undefined) return outsideOfIndex(other)
      mapped = rules.where === undefined ? answer : { ...answer, ...rules.where }
      // Here, because a column may be a getter, which is the mapper's own code.
      shape = shapeOf(mapped)
    } catch (thrown) {
      return mapperThrew(thrown)
    }
    const { columns, types, key, lossy, isKeyPlain, version, unknown } = shape
    if (unknown.length > 0) throw unknownColumns(rules.table, unknown, rules.isDeclared ?? false)
    const values: Value[] = new Array(columns.length)
    let index = 0
    let value: unknown
    try {
      for (; index < columns.length; index += 1) {
        value = mapped[columns[index] as string]
        values[index] = rules.encode(value, types[index] as ColumnType)
      }
    } catch (thrown) {
      return unfitValue(columns[index] as string, value, thrown)
    }
    for (let place = 0; place < key.length; place += 1) {
      if ((values[key[place] as number] ?? null) === null) return noKey(rules.conflict[place])
    }
    for (const [place, { type, holds }] of lossy) {
      const column = rules.conflict[place] as string
      if (holds?.(mapped[column]) === false) return unheldKey(column, type)
    }
    for (const at of version) {
      if ((values[at] ?? null) === null) return noVersion(rules.version)
    }
    return {
      columns,
      values,
      key: keyOf(values, key, types),
      isKeyPlain,
      receiveCount: message.receiveCount,
      positions: [position],
    }
  }
}

/** The column in which a row is not of a partial index. One that it leaves out gets the value of the index. */
function columnUnlike(
  row: Readonly<Record<string, unknown>>,
  where: ConflictRule['where'] = {},
): string | undefined {
  return Object.keys(where).find((column) => {
    const value = row[column]
    return value !== undefined && !isSameFixed(value, where[column])
  })
}

/** A driver may read a `bigint` as a text and take a number for it: the row is sent with the value of the condition. */
function isSameFixed(value: unknown, fixed: unknown): boolean {
  if (value === fixed) return true
  const kinds = ['string', 'number', 'bigint']
  return kinds.includes(typeof value) && kinds.includes(typeof fixed) && String(value) === String(fixed)
}

function givenNames(mapped: Readonly<Record<string, unknown>>): string[] {
  const names = Object.keys(mapped)
  for (const name of names) {
    if (mapped[name] === undefined) return names.filter((given) => mapped[given] !== undefined)
  }
  return names
}

function areSame(some: readonly string[], others: readonly string[]): boolean {
  if (some.length !== others.length) return false
  for (let index = 0; index < some.length; index += 1) if (some[index] !== others[index]) return false
  return true
}
