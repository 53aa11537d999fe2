import type { Selectable, Updateable } from 'kysely'
import type { ConflictRule, FixedValue } from '../dialects/conflict-rule.ts'

/**
 * The action of {@link kyselyWriter} for a row whose key is already in the table.
 *
 * - A column, or a list of columns: `{ on: …, do: 'nothing' }`.
 * - `do: 'nothing'`: the row in the table stays. `done` means: the table has a row with the key. A redelivery changes
 *   nothing, and among messages with one key the first one that is written wins.
 * - `do: 'update'` with a `version`: last writer wins. The row in the table is replaced only by one with a greater
 *   version, regardless of the order of delivery. `done` means: the table has this version or a greater one. A
 *   redelivery changes nothing. In Postgres this costs a sort of the batch.
 * - `do: 'update'` without a `version`: the message that is written last wins. `done` means: the values were written,
 *   and may have been replaced since. A late redelivery brings old values back. Among messages with one key in a batch
 *   the last one wins; across batches there is no order.
 * - `do: 'fail'`: the message is parked as a duplicate (`23505`, `MYSQL_1062`). `done` means: this message's row was
 *   inserted. A message that is delivered again after its row was committed is a duplicate too: it is parked although
 *   it was written. For each duplicate this costs about two statements times log2 of the batch size.
 *
 * Columns that a row omits are not updated.
 *
 * In Postgres `where` is the condition of a partial unique index: columns with their values, as in
 * `{ deleted_at: null }`. A row that omits such a column gets its value, and a row with another value is parked,
 * because the index would not contain it. `constraint` names the constraint to use, if another one on the same columns
 * cannot be used.
 */
export type Conflict<Columns> =
  | (keyof Columns & string)
  | readonly (keyof Columns & string)[]
  | (ConflictTarget<Columns> & { readonly do: 'nothing' | 'fail' })
  | (ConflictTarget<Columns> & {
      readonly do: 'update'
      /** The columns to update. Default: all columns of the row, except those of `on`. */
      readonly set?: readonly (keyof Updateable<Columns> & string)[]
      /** A column with growing values: a number or a time. Each row must have a value for it. */
      readonly version?: keyof Updateable<Columns> & string
    })

/** The unique constraint of a {@link Conflict}. */
export interface ConflictTarget<Columns> {
  readonly on: ConflictColumns<Columns>
  /** The condition of a partial unique index: its columns and their values. */
  readonly where?: {
    readonly [Column in keyof Selectable<Columns> & string]?: Extract<Selectable<Columns>[Column], FixedValue>
  }
  /** The name of a constraint on exactly the columns of `on`. */
  readonly constraint?: string
}

/** The column or columns of the unique constraint of a {@link Conflict}. */
export type ConflictColumns<Columns> = (keyof Columns & string) | readonly (keyof Columns & string)[]

/** Converts a {@link Conflict} to its long form. */
export function toConflictRule(conflict: Conflict<Record<string, unknown>>): ConflictRule {
  if (!isLong(conflict)) return { on: [conflict].flat(), action: 'nothing' }
  const on = [conflict.on].flat()
  const { constraint } = conflict
  const where = conflict.where as ConflictRule['where']
  if (conflict.do !== 'update') return { on, action: conflict.do, where, constraint }
  return { on, action: 'update', set: conflict.set, version: conflict.version, where, constraint }
}

function isLong(
  conflict: Conflict<Record<string, unknown>>,
): conflict is Exclude<Conflict<Record<string, unknown>>, string | readonly string[]> {
  return typeof conflict === 'object' && !Array.isArray(conflict)
}
