import type { Kysely } from 'kysely'
import type { Deadline } from '../time/deadline.ts'
import type { ConflictRule } from './conflict-rule.ts'
import type { Schema, TableName, Value } from './table.ts'

/**
 * The cause of an error about a row:
 *
 * - `row`: a value that the statement supplies
 * - `database`: a column or a key that the statement does not supply: a default, a sequence, an omitted column
 * - `elsewhere`: the error is about another table, for example one that a trigger writes to
 * - `unsure`: the cause is not known
 *
 * A row is parked only for `row`.
 */
export type ErrorOrigin = 'row' | 'database' | 'elsewhere' | 'unsure'

/** The values of one row, by the names that their columns have in the database. */
export type Values = ReadonlyMap<string, Value>

/** The cause of an error, or a function if the cause depends on the row. */
export type Answer = ErrorOrigin | ((values: Values) => ErrorOrigin | Promise<ErrorOrigin>)

/** A set of columns. Only `has` is needed: the set of all columns cannot be listed. */
export type Columns = Pick<ReadonlySet<string>, 'has'>

/** The sources of the values of a statement, by column. */
export interface ValueSources {
  /** The columns whose values are parameters or literals. */
  readonly given: Columns
  /**
   * The given columns, and those whose values are computed from a parameter and the row itself, as in `balance + $1`.
   */
  readonly computed: Columns
  /** Whether stored data cannot make the statement fail: all values are given, and it contains no query. */
  readonly isPlain: boolean
}

/** The statement that failed. */
export interface FailedStatement {
  readonly db: Kysely<Schema>
  /** The table by the name that the app uses. */
  readonly into: string
  readonly table: TableName
  /** The columns that the statement supplies, by their names in the database. */
  readonly columns: Columns
  /** Default: all values are given. */
  readonly values?: ValueSources
  /** Whether it updates rows. Then no default is used, and only update triggers run. */
  readonly isUpdate?: boolean
  /** The columns of the conflict target. */
  readonly conflict?: readonly string[]
  /** The action of the statement for a conflict. */
  readonly action?: ConflictRule['action']
  readonly deadline: Deadline
}

/** The facts about a column that matter for the origin of an error. */
export interface ColumnFacts {
  readonly name: string
  /** The columns that a generated column is computed from. */
  readonly inputs: readonly string[]
  /** Whether its default, if it has one, is the same for each row. */
  readonly constant: boolean
}

/** Whether the statement supplies a column, or one that it is generated from. */
export function isSupplied({ name, inputs }: ColumnFacts, columns: Columns): boolean {
  return columns.has(name) || inputs.some((input) => columns.has(input))
}

type Supplied = Pick<FailedStatement, 'columns' | 'values' | 'isUpdate'>

/** The origin of a column's value: the row, if the statement supplies the value unchanged. */
export function originByColumn(column: ColumnFacts, { columns, values }: Supplied): ErrorOrigin {
  if (!isSupplied(column, columns)) return 'database'
  return values === undefined || isOf(values.given, column, columns) ? 'row' : 'unsure'
}

function isOf(some: Columns, { name, inputs }: ColumnFacts, supplied: Columns): boolean {
  if (supplied.has(name) && inputs.length === 0) return some.has(name)
  return inputs.every((input) => !supplied.has(input) || some.has(input))
}

/**
 * The origin of a violated check: the row, if it supplies one of the columns, and all supplied values are computed from
 * values of the statement. A check is a rule of the app, which holds for `balance + $1` as well.
 */
export function originByCheck(covered: readonly ColumnFacts[], { columns, values }: Supplied): ErrorOrigin {
  const supplied = covered.filter((column) => isSupplied(column, columns))
  if (supplied.length === 0) return 'database'
  return values === undefined || supplied.every((column) => isOf(values.computed, column, columns))
    ? 'row'
    : 'unsure'
}

/**
 * The origin of a violated key: the row, if it supplies all columns of the key that differ from row to row. A sequence
 * or another default that supplies one of them may have chosen a value that is taken. An update takes the other columns
 * from the row that it changes: one column is enough.
 */
export function originByKey(covered: readonly ColumnFacts[], failed: Supplied): ErrorOrigin {
  const { columns, isUpdate = false } = failed
  const isOfRow = covered.every(
    (column) =>
      isUpdate ||
      columns.has(column.name) ||
      (column.inputs.length > 0 ? column.inputs.every((input) => columns.has(input)) : column.constant),
  )
  const supplied = covered.filter((column) => isSupplied(column, columns))
  if (!isOfRow || supplied.length === 0) return 'database'
  return supplied.every((column) => originByColumn(column, failed) === 'row') ? 'row' : 'unsure'
}
