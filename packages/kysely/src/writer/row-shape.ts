import type { MessageRecord } from '@spillway/message'
import type { ConflictRule } from '../dialects/conflict-rule.ts'
import type { KeyColumn } from '../dialects/key-column.ts'
import { hasPlainKeys } from '../dialects/key-text.ts'
import type { ColumnType, ColumnTypes, TableFacts, Value } from '../dialects/table.ts'
import type { UnknownColumn } from './row-fault.ts'

/** The rules of the table for a row mapper. */
export interface RowRules<Body> {
  /** The name of the table, for errors. */
  readonly table: string
  /** Whether the user declared the columns, rather than the database. */
  readonly isDeclared?: boolean
  readonly map: (message: MessageRecord<Body>) => object
  /** The conflict columns. */
  readonly conflict: readonly string[]
  /** The condition of a partial index, which each row must meet. */
  readonly where?: ConflictRule['where']
  /** The column that shows which of two rows with one key is newer. */
  readonly version?: string | undefined
  readonly types: ColumnTypes
  /** How the database stores and compares the values of the conflict columns. */
  readonly key?: TableFacts['key']
  columnName(column: string): string
  /** Throws for a value that no column can hold. */
  encode(value: unknown, type: ColumnType): Value
}

/** The cache is bounded, because a mapper may take its columns from a body. */
const mostShapes = 100

/** The facts that rows with the same columns share. */
export interface Shape {
  /** Sorted. */
  readonly columns: readonly string[]
  readonly types: readonly ColumnType[]
  /** The positions of the conflict columns; -1 for one that is missing. */
  readonly key: readonly number[]
  /** The conflict columns that do not store every value unchanged. */
  readonly lossy: readonly (readonly [place: number, column: KeyColumn])[]
  /** Whether keys are equal if and only if their texts are. */
  readonly isKeyPlain: boolean
  /** The position of the version, if a version is required. */
  readonly version: readonly number[]
  /** The columns that the table does not have. */
  readonly unknown: readonly UnknownColumn[]
}

/** Finds the shape of a row. Nearly all rows of a table have the same columns, so the last shape is tried first. */
export function createShapes(
  rules: Pick<RowRules<unknown>, 'conflict' | 'version' | 'types' | 'key' | 'columnName'>,
): (mapped: Readonly<Record<string, unknown>>) => Shape {
  const shapes = new Map<string, Shape>()
  let last: { readonly names: readonly string[]; readonly shape: Shape } | undefined

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

  return function shapeOf(mapped) {
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
