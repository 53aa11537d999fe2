import type { Kysely } from 'kysely'
import type { Failure } from '../errors/classify-error.ts'
import type { Attempt } from '../time/attempt.ts'
import type { Deadline } from '../time/deadline.ts'
import type { Schema, TableName } from '../writer/catalogue.ts'
import type { ConflictRule } from '../writer/conflict.ts'
import type { Value } from './dialect.ts'

/**
 * Who caused an error that speaks of a row:
 *
 * - `row`: a value that the statement supplies
 * - `database`: a column or a key that it does not supply: a default, a sequence, a column that it leaves out
 * - `elsewhere`: the error is about another table, one that a trigger writes to for example
 * - `unsure`: it cannot be told
 *
 * For the last two no row is parked.
 */
export type Culprit = 'row' | 'database' | 'elsewhere' | 'unsure'

/** Failures for which a row is parked, at once or at last. */
const blaming: ReadonlySet<Failure> = new Set(['permanent', 'duplicate', 'ordering'])

/**
 * The end of a statement, once it is known who caused it: a failure for which a row would be parked becomes `fault` where
 * the database caused it, and `unknown`, for which no row is parked, where that cannot be told.
 *
 * @param ask who caused the error; asked only where a row would be blamed
 */
export async function withCulprit<T>(
  result: Attempt<T>,
  ask: (error: unknown) => Promise<Culprit>,
): Promise<Attempt<T>> {
  if (result.kind !== 'failed' || !blaming.has(result.failure)) return result
  const culprit = await ask(result.error)
  if (culprit === 'row') return result
  return { ...result, failure: culprit === 'database' ? 'fault' : 'unknown' }
}

/** The values of one row, by the names that their columns have in the database. */
export type Values = ReadonlyMap<string, Value>

/** Who caused an error; a function where that differs from row to row. */
export type Answer = Culprit | ((values: Values) => Culprit | Promise<Culprit>)

/** A set of columns; all of them have no list. */
export type Columns = Pick<ReadonlySet<string>, 'has'>

/** Where the values of a statement come from, by the columns that they are for. */
export interface ValueSources {
  /** The columns whose values are parameters or literals. */
  readonly given: Columns
  /** Those and the columns whose values are made of a parameter and the row itself, as in `balance + $1`. */
  readonly computed: Columns
  /** Whether nothing of the statement can fail for what is in the database: all values are given, no query is in it. */
  readonly isPlain: boolean
}

/** The statement that failed. */
export interface Scene {
  readonly db: Kysely<Schema>
  /** The table by the name that the app has for it. */
  readonly into: string
  readonly table: TableName
  /** The columns that the statement supplies, by their names in the database. */
  readonly columns: Columns
  /** Left out where all values are given. */
  readonly values?: ValueSources
  /** Whether it updates rows: then no default is asked, and only triggers of updates run. */
  readonly isUpdate?: boolean
  /** The columns of the constraint whose conflict the statement provides for. */
  readonly conflict?: readonly string[]
  /** What the statement does about that conflict. */
  readonly action?: ConflictRule['action']
  readonly deadline: Deadline
}

/** A column, as far as it matters for who caused an error. */
export interface ColumnFacts {
  readonly name: string
  /** Of a generated column, the columns that it is computed from. */
  readonly inputs: readonly string[]
  /** Whether its default, if it has one, is the same for each row. */
  readonly constant: boolean
}

/** Whether the statement supplies a column, or one that it is generated from. */
export function isSupplied({ name, inputs }: ColumnFacts, columns: Columns): boolean {
  return columns.has(name) || inputs.some((input) => columns.has(input))
}

type Supplied = Pick<Scene, 'columns' | 'values' | 'isUpdate'>

/** Who gave the value of a column: the row, where it is plainly a value of the statement. */
export function culpritOfColumn(column: ColumnFacts, { columns, values }: Supplied): Culprit {
  if (!isSupplied(column, columns)) return 'database'
  return values === undefined || isOf(values.given, column, columns) ? 'row' : 'unsure'
}

function isOf(some: Columns, { name, inputs }: ColumnFacts, supplied: Columns): boolean {
  if (supplied.has(name) && inputs.length === 0) return some.has(name)
  return inputs.every((input) => !supplied.has(input) || some.has(input))
}

/**
 * Who breaks a check: the row, where it supplies one of the columns and the values of all that it supplies are made of
 * those of the statement. A check is a rule of the app's own, of `balance + $1` as well.
 */
export function culpritOfCheck(covered: readonly ColumnFacts[], { columns, values }: Supplied): Culprit {
  const supplied = covered.filter((column) => isSupplied(column, columns))
  if (supplied.length === 0) return 'database'
  return values === undefined || supplied.every((column) => isOf(values.computed, column, columns))
    ? 'row'
    : 'unsure'
}

/**
 * Who breaks a key: the row, where it supplies all of its columns that differ from row to row. Where a sequence or another
 * default supplies one of them, that one may have chosen a value that is taken. An update has the others from the row that
 * it changes: one column is enough.
 */
export function culpritOfKey(covered: readonly ColumnFacts[], scene: Supplied): Culprit {
  const { columns, isUpdate = false } = scene
  const isOfRow = covered.every(
    (column) =>
      isUpdate ||
      columns.has(column.name) ||
      (column.inputs.length > 0 ? column.inputs.every((input) => columns.has(input)) : column.constant),
  )
  const supplied = covered.filter((column) => isSupplied(column, columns))
  if (!isOfRow || supplied.length === 0) return 'database'
  return supplied.every((column) => culpritOfColumn(column, scene) === 'row') ? 'row' : 'unsure'
}
