import type { Kysely } from 'kysely'
import type { Deadline } from '../time/deadline.ts'
import type { Schema, TableName } from '../writer/catalogue.ts'

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

/** A set of columns; all of them have no list. */
export type Columns = Pick<ReadonlySet<string>, 'has'>

/** The statement that failed. */
export interface Scene {
  readonly db: Kysely<Schema>
  /** The table by the name that the app has for it. */
  readonly into: string
  readonly table: TableName
  /** The columns that the statement supplies, by their names in the database. */
  readonly columns: Columns
  /** Whether it updates rows: then no default is asked, and only triggers of updates run. */
  readonly isUpdate?: boolean
  /** The columns of the constraint whose conflict the statement provides for. */
  readonly conflict?: readonly string[]
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

/** Who breaks a check: the row, where it supplies one of the columns. */
export function culpritOfCheck(covered: readonly ColumnFacts[], columns: Columns): Culprit {
  return covered.some((column) => isSupplied(column, columns)) ? 'row' : 'database'
}

/**
 * Who breaks a key: the row, where it supplies all of its columns that differ from row to row. Where a sequence or another
 * default supplies one of them, that one may have chosen a value that is taken.
 */
export function culpritOfKey(covered: readonly ColumnFacts[], columns: Columns): Culprit {
  const isOfRow = covered.every(
    (column) =>
      columns.has(column.name) ||
      (column.inputs.length > 0 ? column.inputs.every((input) => columns.has(input)) : column.constant),
  )
  return isOfRow && covered.some((column) => isSupplied(column, columns)) ? 'row' : 'database'
}
