import type { ConflictRule } from '../dialects/conflict-rule.ts'
import type { Row } from '../dialects/table.ts'

/**
 * Sorts rows by their keys, so that concurrent writers lock in the same order and do not deadlock (40P01). Rows with
 * one key keep their order: for an update, the last one counts.
 */
export function sortByKey(rows: readonly Row[]): readonly Row[] {
  return rows.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
}

/**
 * Merges rows with equal keys: keeps the first row, with the positions of all, its own first.
 *
 * @param sorted rows in the order of their keys
 */
export function mergeKeys(sorted: readonly Row[]): readonly Row[] {
  if (!sorted.some(({ key }, index) => sorted[index - 1]?.key === key)) return sorted
  const merged: Row[] = []
  for (const row of sorted) {
    const first = merged.at(-1)
    if (first?.key !== row.key) merged.push(row)
    else merged[merged.length - 1] = { ...first, positions: [...first.positions, ...row.positions] }
  }
  return merged
}

/** Groups rows by statement: one statement for each set of columns, in their order. */
export function groupByColumns(rows: readonly Row[]): readonly (readonly Row[])[] {
  if (haveOneShape(rows)) return rows.length === 0 ? [] : [rows]
  return [...Map.groupBy(rows, (row) => row.columns).values()]
}

/**
 * The same as {@link groupByColumns}, for an update, in which the last row of a key must win: of two rows with one key
 * and different columns, the earlier one is in an earlier statement.
 *
 * @param sorted rows in the order of their keys
 */
export function groupInOrder(sorted: readonly Row[]): readonly (readonly Row[])[] {
  const rows = suspectedTogether(sorted)
  if (haveOneShape(rows)) return groupByColumns(rows)
  if (!rows.every(({ isKeyPlain }) => isKeyPlain)) return inDelivery(rows)
  const rounds: Row[][] = []
  let round = 0
  let before: Row | undefined
  for (const row of rows) {
    if (row.key !== before?.key) round = 0
    else if (row.columns !== before.columns) round += 1
    const rowsOfRound = rounds[round]
    if (rowsOfRound === undefined) rounds[round] = [row]
    else rowsOfRound.push(row)
    before = row
  }
  return rounds.flatMap(groupByColumns)
}

/** Keeps all rows in the order of delivery, if only the database can decide which keys are equal. */
function inDelivery(rows: readonly Row[]): readonly (readonly Row[])[] {
  const groups: Row[][] = []
  for (const row of rows.toSorted((a, b) => (a.positions[0] ?? 0) - (b.positions[0] ?? 0))) {
    const group = groups.at(-1)
    if (group?.[0]?.columns === row.columns) group.push(row)
    else groups.push([row])
  }
  return groups
}

/**
 * Marks rows with one key alike, so that they keep their order although the search for refused rows tries redelivered
 * rows first.
 */
function suspectedTogether(sorted: readonly Row[]): readonly Row[] {
  if (!sorted.some(({ receiveCount }) => receiveCount > 1)) return sorted
  const counts = new Map<string, number>()
  for (const { key, receiveCount } of sorted) counts.set(key, Math.max(receiveCount, counts.get(key) ?? 0))
  return sorted.map((row) => {
    const count = counts.get(row.key) ?? 1
    // If texts do not show which keys are equal, any two keys may be equal.
    const priority = row.isKeyPlain ? count : 0
    return count > 1 ? { ...row, redelivered: true, priority } : { ...row, priority }
  })
}

const groupings: Readonly<
  Record<ConflictRule['action'], (sorted: readonly Row[]) => readonly (readonly Row[])[]>
> = {
  nothing: (sorted) => groupByColumns(mergeKeys(sorted)),
  update: groupInOrder,
  fail: groupByColumns,
}

/** Groups rows by statement, in the order of their keys, for the action of a conflict. */
export function groupRows(rows: readonly Row[], action: ConflictRule['action']): readonly (readonly Row[])[] {
  return groupings[action](sortByKey(rows))
}

// Rows of one shape share the list of their columns. Usually all rows have one shape.
function haveOneShape(rows: readonly Row[]): boolean {
  const [first] = rows
  return rows.every(({ columns }) => columns === first?.columns)
}
