import type { Expression, Kysely, SqlBool } from 'kysely'
import type { Deadline } from '../time/deadline.ts'
import type { Schema, TableFacts, TableName } from '../writer/catalogue.ts'
import type { ConflictRule } from '../writer/conflict.ts'
import type { Row } from '../writer/row.ts'
import type { EngineName } from './dialects.ts'
import type { Answer, Scene } from './error-origin.ts'
import { mysqlEngine } from './mysql/mysql-dialect.ts'
import type { ColumnType } from './postgres/encode-value.ts'
import { postgresEngine } from './postgres/postgres-dialect.ts'

/** A value as it travels to the database. */
export type Value = string | number | bigint | Date | Uint8Array | null

/** What differs by database. */
export interface Engine {
  /**
   * Reads what a statement has to know of its table. The conflict has the names that its columns have in the database.
   *
   * @throws SpillwayError `SPILLWAY_TABLE_UNKNOWN` when there is no such table, `SPILLWAY_WRITE_FAILED` when it cannot
   * be written to safely, or what the driver throws
   */
  readFacts(db: Kysely<Schema>, table: TableName, conflict: ConflictRule): Promise<TableFacts>
  /** Reads what a statement has to know of the driver, where the types of the columns are declared and nothing else is read. */
  readDriver?(db: Kysely<Schema>): Promise<Omit<TableFacts, 'types'>>
  /**
   * A value as it travels to a column.
   *
   * @throws TypeError or RangeError for a value that no column can hold
   */
  encode(value: unknown, type: ColumnType, facts: TableFacts): Value
  /** The rows of each statement, out of rows that have the same columns. */
  chunk(rows: readonly Row[], facts: TableFacts): readonly (readonly Row[])[]
  /** Runs one statement: all its rows are written, or none is. */
  insert(rows: readonly Row[], statement: Statement): Promise<void>
  /** Who caused an error that speaks of a row; asked of a statement that was refused. */
  culprit(error: unknown, scene: Scene): Promise<Answer>
  /** Whether a row of the table has exactly the key of that row: a collation may take others for equal. */
  keyIs(row: Row, place: KeyPlace): Expression<SqlBool>
  /**
   * Which rows of a statement that passed were not written, because the table has another key that a collation takes for
   * equal. Left out by an engine whose statements fail then.
   */
  findTaken?(rows: readonly Row[], statement: Statement): Promise<ReadonlySet<Row>>
}

/** Where the key of a row is looked for. */
export type KeyPlace = Pick<Statement, 'conflict' | 'facts' | 'columnName'>

/** What a statement is made of, beside its rows. */
export interface Statement {
  readonly db: Kysely<Schema>
  readonly table: string
  readonly conflict: ConflictRule
  readonly facts: TableFacts
  readonly deadline: Deadline
  columnName(column: string): string
}

const engines: Readonly<Record<EngineName, Engine>> = {
  postgres: postgresEngine,
  mysql: mysqlEngine,
}

/** The engine of that name. */
export function engineNamed(name: EngineName): Engine {
  return engines[name]
}
