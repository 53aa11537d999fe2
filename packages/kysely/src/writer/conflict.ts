import type { Updateable } from 'kysely'

/**
 * What {@link kyselyWriter} does about a row whose key is in the table already.
 *
 * - A column, or a list of columns: `{ on: …, do: 'nothing' }`.
 * - `do: 'nothing'`: the row in the table stays. `done` means: the table has a row with the key. A redelivery changes
 *   nothing, and of messages with one key the first one written wins.
 * - `do: 'update'` with a `version`: last writer wins. The row in the table is replaced only by one with a greater
 *   version, whatever the order of delivery. `done` means: the table has this version or a greater one. A redelivery
 *   changes nothing. Costs a sort of the batch in Postgres.
 * - `do: 'update'` without a `version`: whichever message is written last wins. `done` means: the values were written
 *   and may be replaced since. A late redelivery brings old values back; of messages with one key in a batch the last
 *   wins, and across batches no order is promised.
 * - `do: 'fail'`: the message is parked as a duplicate (`23505`, `MYSQL_1062`). `done` means: this message's row was
 *   inserted. A message that is delivered again after its row was committed is a duplicate too: it is parked although it
 *   was written. Costs about two statements times log2 of the batch for each duplicate.
 *
 * Columns that a row leaves out are not updated.
 */
export type Conflict<Columns> =
  | (keyof Columns & string)
  | readonly (keyof Columns & string)[]
  | { readonly on: ConflictColumns<Columns>; readonly do: 'nothing' | 'fail' }
  | {
      readonly on: ConflictColumns<Columns>
      readonly do: 'update'
      /** The columns that are updated. Default: all that the row gives, except those of `on`. */
      readonly set?: readonly (keyof Updateable<Columns> & string)[]
      /** A column whose values grow: a number or a time. A row has to give it a value. */
      readonly version?: keyof Updateable<Columns> & string
    }

/** The column or columns of the unique constraint that a {@link Conflict} is about. */
export type ConflictColumns<Columns> = (keyof Columns & string) | readonly (keyof Columns & string)[]

/** A {@link Conflict} with everything filled in. */
export interface ConflictRule {
  readonly on: readonly string[]
  readonly action: 'nothing' | 'update' | 'fail'
  readonly set?: readonly string[] | undefined
  readonly version?: string | undefined
}

/** A {@link Conflict} in its long form. */
export function toConflictRule(conflict: Conflict<Record<string, unknown>>): ConflictRule {
  if (!isLong(conflict)) return { on: [conflict].flat(), action: 'nothing' }
  const on = [conflict.on].flat()
  if (conflict.do !== 'update') return { on, action: conflict.do }
  return { on, action: 'update', set: conflict.set, version: conflict.version }
}

/** The columns of a statement that a conflict updates; the version, last of all, always advances. */
export function updatedColumns({ on, set, version }: ConflictRule, columns: readonly string[]): string[] {
  const updated = columns.filter(
    (column) => column !== version && !on.includes(column) && (set?.includes(column) ?? true),
  )
  return version === undefined ? updated : [...updated, version]
}

/** Whether a value is a {@link Conflict}. */
export function isConflict(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return areNames(value)
  const known = ['on', 'do', ...('do' in value && value.do === 'update' ? ['set', 'version'] : [])]
  if (!Object.keys(value).every((name) => known.includes(name))) return false
  const { on, do: action, set, version } = value as Record<string, unknown>
  if (!areNames(on) || !['nothing', 'update', 'fail'].includes(action as string)) return false
  const own = [on].flat()
  if (version !== undefined && (!isName(version) || own.includes(version))) return false
  return set === undefined || (areNames(set) && Array.isArray(set) && !set.some((name) => own.includes(name)))
}

/** What {@link isConflict} wants to see, for the message of an invalid option. */
export const expectedConflict =
  "a column, a list of one or more, or { on, do: 'nothing' | 'fail' } or { on, do: 'update', set?, version? }, " +
  'where `set` and `version` name no column of `on`'

function isLong(
  conflict: Conflict<Record<string, unknown>>,
): conflict is Exclude<Conflict<Record<string, unknown>>, string | readonly string[]> {
  return typeof conflict === 'object' && !Array.isArray(conflict)
}

function areNames(value: unknown): boolean {
  const names = [value].flat()
  return names.length > 0 && names.every(isName)
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
