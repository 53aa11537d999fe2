import type { DialectAdapter, Expression, Kysely, OperationNodeSource, RawBuilder, SqlBool } from 'kysely'
import type { Inbox } from '../inbox/inbox.ts'
import type { Deadline } from '../time/deadline.ts'
import type { ConflictRule } from './conflict-rule.ts'
import type { Answer, FailedStatement } from './error-origin.ts'
import type { ColumnType, Row, Schema, TableFacts, TableName, Value } from './table.ts'

/** A Kysely query that has not run yet. */
export interface Query<Result> extends OperationNodeSource {
  execute(): Promise<Result[]>
}

/** The table in which the key of a row is searched for. */
export type KeyPlace<Facts extends TableFacts = TableFacts> = Pick<
  Statement<Facts>,
  'conflict' | 'facts' | 'columnName'
>

/** The parts of a statement other than its rows. */
export interface Statement<Facts extends TableFacts = TableFacts> {
  readonly db: Kysely<Schema>
  readonly table: string
  readonly conflict: ConflictRule
  readonly facts: Facts
  readonly deadline: Deadline
  columnName(column: string): string
}

/** Inserts the rows of the writer. */
export interface InsertDialect<Facts extends TableFacts = TableFacts> {
  /** The code of a duplicate, for a row that the server itself does not refuse. */
  readonly duplicateCode: string
  /** Whether this database supports `where` and `constraint` of a conflict. */
  readonly hasConflictTargets: boolean
  /**
   * Reads the facts about the table that its statements need. The conflict has the names of its columns in the
   * database.
   *
   * @throws SpillwayError `SPILLWAY_TABLE_UNKNOWN` when there is no such table, `SPILLWAY_WRITE_FAILED` when it cannot
   * be written to safely, or what the driver throws
   */
  readFacts(db: Kysely<Schema>, table: TableName, conflict: ConflictRule): Promise<Facts>
  /**
   * The facts of a table whose types the user declares: only the driver is probed. Omitted by a dialect that always
   * reads the types.
   */
  declareFacts?(db: Kysely<Schema>, types: ReadonlyMap<string, string>): Promise<Facts>
  /**
   * Encodes a value for a column.
   *
   * @throws TypeError or RangeError for a value that no column can hold
   */
  encode(value: unknown, type: ColumnType, facts: Facts): Value
  /** Splits rows that have the same columns into the rows of each statement. */
  chunk(rows: readonly Row[], facts: Facts): readonly (readonly Row[])[]
  /** Runs one statement, which writes all of its rows or none. */
  insert(rows: readonly Row[], statement: Statement<Facts>): Promise<void>
  /** A condition: the row in the table has exactly the key of `row`. A collation may treat other keys as equal. */
  keyIs(row: Row, place: KeyPlace<Facts>): Expression<SqlBool>
  /**
   * Finds the rows of a successful statement that were not written, because the table has another key that a collation
   * treats as equal. Omitted by a dialect whose statements fail in that case.
   */
  findTaken?(rows: readonly Row[], statement: Statement<Facts>): Promise<ReadonlySet<Row>>
}

/** SQL that creates Spillway's own tables, and deletes their old rows. */
export interface TablesDialect {
  createInbox(table: string): readonly RawBuilder<unknown>[]
  createParked(table: string): readonly RawBuilder<unknown>[]
  /** Deletes at most `count` entries of an inbox that are older than this many seconds. */
  sweepInbox(table: string, seconds: number, count: number): RawBuilder<unknown>
  /** Deletes at most `count` entries of a parked store from before a time. */
  pruneParked(table: string, olderThan: Date, count: number): RawBuilder<unknown>
  /** The clause with which an insert into a parked store leaves an existing entry unchanged. */
  readonly keepParked: RawBuilder<unknown>
}

/** Sets the time limits of the server. */
export interface TimeDialect {
  /**
   * Runs a query that the server itself ends at the deadline, as far as it can: Postgres and MariaDB always, MySQL only
   * for reads.
   *
   * @throws SpillwayError `SPILLWAY_DEADLINE` if no connection was free in time, or what the driver throws
   */
  withinDeadline<DB, Result>(
    db: Kysely<DB>,
    deadline: Deadline,
    query: (db: Kysely<DB>) => Query<Result>,
  ): Promise<readonly Result[]>
  /** Sets the time limit of a transaction at the server, in a database that has one for whole transactions. */
  limitTransaction(trx: Kysely<never>, limits: TransactionLimits): Promise<void>
}

/** The time limits of a transaction, in milliseconds. */
export interface TransactionLimits {
  /** The time limit of a statement. */
  readonly left: number
  /** The time until the deadline. Default: `left`. */
  readonly idle?: number
  /** Whether waits for locks end earlier, so that another try is possible. Default false. */
  readonly endsLockWaits?: boolean
}

/**
 * Checks, before a statement with parameters is sent, that no setting of the server or of the table changes its
 * meaning. The check runs until it has passed once: the sessions of a pool are configured alike.
 *
 * @throws SpillwayError with the reason if nothing may be sent, or what the driver throws
 */
export type SessionCheck = (deadline: Deadline) => Promise<void>

/**
 * All differences between databases. Code outside of this folder uses this interface only. A new database is a new
 * folder here, and an entry in `dialects.ts`.
 */
export interface Dialect {
  /** Its name in messages and tests. */
  readonly name: string
  /** Kysely's adapter of this database, and the name of that class in another copy of Kysely. */
  readonly adapter: abstract new (
    ...parameters: never[]
  ) => DialectAdapter
  readonly adapterName: string
  readonly insert: InsertDialect
  readonly tables: TablesDialect
  readonly time: TimeDialect
  /** Finds the cause of an error about a row, for a refused statement. */
  errorOrigin(error: unknown, failed: FailedStatement): Promise<Answer>
  inbox(table: string): Inbox
  /**
   * Creates the check of one table, for code that does not read the catalogue of its table.
   *
   * @param access `read` requires neither a strict `sql_mode` nor transactions
   */
  sessionCheck<DB>(db: Kysely<DB>, table: string, access: 'read' | 'write'): SessionCheck
  /** A further condition when `column = key` treats different texts as equal. */
  keyIsText?(column: string, key: string): RawBuilder<boolean> | undefined
}
