import { type MessageRecord, type Outcome, park, SpillwayError } from '@spillway/message'
import type { ColumnTypes } from './catalogue.ts'
import { encodeValue } from './encode-value.ts'

/** A row ready for a statement. */
export interface Row {
  /** The columns that have a value, sorted: rows with the same columns share a statement. */
  readonly columns: readonly string[]
  /** The values as text, in the order of the columns. */
  readonly values: readonly (string | null)[]
  /** The values of the conflict columns: rows with one key are one row. */
  readonly key: string
  readonly receiveCount: number
  /** Where the records of this row are in the batch. */
  readonly positions: readonly number[]
}

/** What {@link createRow} has to know of the table. */
export interface RowRules<Body> {
  readonly map: (message: MessageRecord<Body>) => object
  readonly conflict: readonly string[]
  readonly types: ColumnTypes
  columnName(column: string): string
}

/**
 * Maps a message to a row and its values to text. A column whose value is `undefined` is left out, so that its
 * default applies.
 *
 * @returns the row; or an outcome, `park` with `SPILLWAY_ROW_INVALID`, when the mapper throws, a value has no text
 * or a conflict column has none
 * @throws SpillwayError `SPILLWAY_TABLE_UNKNOWN` for a column that the table does not have: a migration that is
 * still to come is no fault of the record
 */
export function createRow<Body>(
  message: MessageRecord<Body>,
  position: number,
  rules: RowRules<Body>,
): Row | Outcome {
  let mapped: object
  try {
    mapped = rules.map(message)
    if (typeof mapped !== 'object' || mapped === null) throw new TypeError('not an object')
  } catch {
    return invalid('The row mapper threw, or answered with something that is not an object.')
  }
  const entries = Object.entries(mapped)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const texts = new Map<string, string | null>()
  for (const [column, value] of entries) {
    const type = rules.types.get(rules.columnName(column))
    if (type === undefined) throw unknownColumn()
    try {
      texts.set(column, encodeValue(value, type))
    } catch {
      return invalid(`The value for column "${column}" is not one that a column can hold.`)
    }
  }
  const key = rules.conflict.map((column) => texts.get(column))
  if (key.some((text) => text === undefined || text === null)) {
    return invalid('The row has no value for a conflict column: a redelivery would write it twice.')
  }
  return {
    columns: [...texts.keys()],
    values: [...texts.values()],
    key: JSON.stringify(key),
    receiveCount: message.receiveCount,
    positions: [position],
  }
}

/** One row for each key: the first wins and stands for the others; its position is the first. */
export function mergeKeys(rows: readonly Row[]): Row[] {
  const byKey = new Map<string, Row>()
  for (const row of rows) {
    const first = byKey.get(row.key)
    byKey.set(
      row.key,
      first === undefined ? row : { ...first, positions: [...first.positions, ...row.positions] },
    )
  }
  return [...byKey.values()]
}

/**
 * The rows of each statement: one for each set of columns, sorted by key, so that writers that meet lock in the
 * same order and do not deadlock (40P01).
 */
export function groupByColumns(rows: readonly Row[]): Row[][] {
  const sorted = rows.toSorted((a, b) => (a.key < b.key ? -1 : 1))
  return [...Map.groupBy(sorted, (row) => JSON.stringify(row.columns)).values()]
}

function invalid(detail: string): Outcome {
  return park({ code: 'SPILLWAY_ROW_INVALID', detail })
}

// The name is not in the message: a mapper may take its columns from the body.
function unknownColumn(): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_TABLE_UNKNOWN',
    'The row mapper gives a column that the table does not have: run the migration, or correct the mapper.',
  )
}
