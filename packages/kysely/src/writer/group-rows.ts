import type { ConflictRule } from '../dialects/conflict-rule.ts'
import type { Row } from '../dialects/table.ts'

/**
 * Sorts rows by their keys, so that concurrent writers lock in the same order and do not deadlock (40P01). Rows with
 * one key stay in their order: for an update, the last one counts.
 */
export function sortByKey(rows: readonly Row[]): readonly Row[] {
  return rows.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
}

/**
 * One row for each key: the first one is kept, with the positions of all, its own first.
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

/** The rows of each statement: one for each set of columns, in their order. */
export function groupByColumns(rows: readonly Row[]): readonly (readonly Row[])[] {
  if (haveOneShape(rows)) return rows.length === 0 ? [] : [rows]
  return [...Map.groupBy(rows, (row) => row.columns).values()]
}

/**
 * As {@link groupByColumns}, for an update, in which the last row of a key has to win: of two rows with one key and
 * different columns, the earlier one is in an earlier statement.
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

/** Only the database knows which keys are equal: all rows stay in the order of delivery. */
function inDelivery(rows: readonly Row[]): readonly (readonly Row[])[] {
  const groups: Row[][] = []
  for (const row of rows.toSorted((a, b) => (a.positions[0] ?? 0) - (b.positions[0] ?? 0))) {
    const group = groups.at(-1)
    if (group?.[0]?.columns === row.columns) group.push(row)
    else groups.push([row])
  }
  return groups
}

/** The search for refused rows tries redelivered rows first; rows with one key must stay in their order. */
function suspectedTogether(sorted: readonly Row[]): readonly Row[] {
  if (!sorted.some(({ receiveCount }) => receiveCount > 1)) return sorted
  const counts = new Map<string, number>()
  for (const { key, receiveCount } of sorted) counts.set(key, Math.max(receiveCount, counts.get(key) ?? 0))
  return sorted.map((row) => {
    const count = counts.get(row.key) ?? 1
    // If texts do not show which keys are equal, any two may be.
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

/** The rows of each statement, in the order of their keys, by what is done about a conflict. */
export function groupRows(rows: readonly Row[], action: ConflictRule['action']): readonly (readonly Row[])[] {
  return groupings[action](sortByKey(rows))
}

// Rows of one shape share the list of their columns, and usually all rows have one shape.
function haveOneShape(rows: readonly Row[]): boolean {
  const [first] = rows
  return rows.every(({ columns }) => columns === first?.columns)
}
