import type { MessageRecord, Outcome } from '@spillway/message'
import type { ConflictRule } from '../dialects/conflict-rule.ts'
import { keyOf } from '../dialects/key-text.ts'
import type { ColumnType, Row, Value } from '../dialects/table.ts'
import {
  isRow,
  mapperThrew,
  noKey,
  noRow,
  noVersion,
  outsideOfIndex,
  unencodableValue,
  unheldKey,
  unknownColumns,
} from './row-fault.ts'
import { createShapes, type RowRules, type Shape } from './row-shape.ts'

/**
 * Creates the function that maps messages to rows with encoded values. A column whose value is `undefined` is omitted,
 * so that its default applies.
 *
 * The function returns the row. It returns an outcome, `park` with `SPILLWAY_ROW_INVALID`, if the mapper throws or does
 * not return a row, if no column can hold a value, or if a conflict column or the version has no value. The thrown
 * error is the cause of that outcome, for the log. The function throws `SPILLWAY_TABLE_UNKNOWN` for a column that the
 * table does not have: a missing migration is not the record's fault.
 */
export function createRowMapper<Body>(
  rules: RowRules<Body>,
): (message: MessageRecord<Body>, position: number) => Row | Outcome {
  const shapeOf = createShapes(rules)

  return function toRow(message, position) {
    let mapped: Readonly<Record<string, unknown>>
    let shape: Shape
    try {
      const answer: unknown = rules.map(message)
      if (!isRow(answer)) return noRow(answer)
      const other = mismatchedColumn(answer, rules.where)
      if (other !== undefined) return outsideOfIndex(other)
      mapped = rules.where === undefined ? answer : { ...answer, ...rules.where }
      // Inside `try`, because a column may be a getter.
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
      return unencodableValue(columns[index] as string, value, thrown)
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

/** The column whose value keeps a row out of a partial index. An omitted column gets the value of the index. */
function mismatchedColumn(
  row: Readonly<Record<string, unknown>>,
  where: ConflictRule['where'] = {},
): string | undefined {
  return Object.keys(where).find((column) => {
    const value = row[column]
    return value !== undefined && !isSameFixed(value, where[column])
  })
}

/**
 * Compares as text, because drivers use a text, a number or a `bigint` for one value. The value of the condition is
 * sent.
 */
function isSameFixed(value: unknown, fixed: unknown): boolean {
  if (value === fixed) return true
  const kinds = ['string', 'number', 'bigint']
  return kinds.includes(typeof value) && kinds.includes(typeof fixed) && String(value) === String(fixed)
}
