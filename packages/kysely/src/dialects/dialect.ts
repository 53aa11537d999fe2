import type { DialectAdapter, Expression, Kysely, OperationNodeSource, RawBuilder, SqlBool } from 'kysely'
import type { Inbox } from '../inbox/inbox.ts'
import type { Deadline } from '../time/deadline.ts'
import type { ConflictRule } from './conflict-rule.ts'
import type { Answer, Scene } from './error-origin.ts'
import type { ColumnType, Row, Schema, TableFacts, TableName, Value } from './table.ts'

/** A query of Kysely that is not run yet. */
export interface Query<Result> extends OperationNodeSource {
  execute(): Promise<Result[]>
}

/** Where the key of a row is looked for. */
export type KeyPlace<Facts extends TableFacts = TableFacts> = Pick<
  Statement<Facts>,
  'conflict' | 'facts' | 'columnName'
>

/** What a statement consists of, beside its rows. */
export interface Statement<Facts extends TableFacts = TableFacts> {
  readonly db: Kysely<Schema>
  readonly table: string
  readonly conflict: ConflictRule
  readonly facts: Facts
  readonly deadline: Deadline
  columnName(column: string): string
}

/** How the writer inserts rows. */
export interface InsertDialect<Facts extends TableFacts = TableFacts> {
  /** The code of a duplicate, for a row that the server itself does not refuse. */
  readonly duplicateCode: string
  /** Whether `where` and `constraint` of a conflict mean something to this database. */
  readonly hasConflictTargets: boolean
  /**
   * Reads what a statement has to know about its table. The conflict has the names of its columns in the database.
   *
   * @throws SpillwayError `SPILLWAY_TABLE_UNKNOWN` when there is no such table, `SPILLWAY_WRITE_FAILED` when it cannot
   * be written to safely, or what the driver throws
   */
  readFacts(db: Kysely<Schema>, table: TableName, conflict: ConflictRule): Promise<Facts>
  /**
   * The facts of a table whose types the user declares: only the driver is asked. Left out by a dialect that always reads
   * the types.
   */
  declareFacts?(db: Kysely<Schema>, types: ReadonlyMap<string, string>): Promise<Facts>
  /**
   * Encodes a value for a column.
   *
   * @throws TypeError or RangeError for a value that no column can hold
   */
  encode(value: unknown, type: ColumnType, facts: Facts): Value
  /** The rows of each statement, out of rows that have the same columns. */
  chunk(rows: readonly Row[], facts: Facts): readonly (readonly Row[])[]
  /** Runs one statement: all its rows are written, or none is. */
  insert(rows: readonly Row[], statement: Statement<Facts>): Promise<void>
  /** A condition: the row in the table has exactly the key of that row. A collation may treat other keys as equal. */
  keyIs(row: Row, place: KeyPlace<Facts>): Expression<SqlBool>
  /**
   * Which rows of a successful statement were not written, because the table has another key that a collation treats as
   * equal. Left out by a dialect whose statements fail then.
   */
  findTaken?(rows: readonly Row[], statement: Statement<Facts>): Promise<ReadonlySet<Row>>
}

/** How the tables of Spillway itself are made and kept small. */
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

/** How long a server may work. */
export interface TimeDialect {
  /**
   * Runs a query that the server itself ends at the deadline, as far as it can: Postgres and MariaDB always, MySQL only
   * where it reads.
   *
   * @throws SpillwayError `SPILLWAY_DEADLINE` when the connection came too late, or what the driver throws
   */
  withinDeadline<DB, Result>(
    db: Kysely<DB>,
    deadline: Deadline,
    query: (db: Kysely<DB>) => Query<Result>,
  ): Promise<readonly Result[]>
  /** Sets the time limit of a transaction at the server, in a database that has one for whole transactions. */
  limitTransaction(trx: Kysely<never>, limits: TransactionLimits): Promise<void>
}

/** The time of a transaction, in milliseconds. */
export interface TransactionLimits {
  /** What a statement may take. */
  readonly left: number
  /** The time until the deadline. Default: `left`. */
  readonly idle?: number
  /** Whether waits for locks end earlier, so that another try is possible. Default false. */
  readonly endsLockWaits?: boolean
}

/**
 * Checks, before a statement with parameters is sent, that the settings of the server and of the table do not change its
 * meaning. The database is asked until the check has passed once: the sessions of a pool are configured alike.
 *
 * @throws SpillwayError with the reason when nothing may be sent, or what the driver throws
 */
export type SessionCheck = (deadline: Deadline) => Promise<void>

/**
 * Everything in which databases differ. The code outside of the folders of this one asks no other question about the
 * database: a new database is a new folder, and an entry in `dialects.ts`.
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
  /** What caused an error that is about a row; called for a statement that was refused. */
  errorOrigin(error: unknown, scene: Scene): Promise<Answer>
  inbox(table: string): Inbox
  /**
   * The check of one table, for code that does not read the catalogue of its table.
   *
   * @param access what is done with the table: a reader needs neither a strict `sql_mode` nor transactions
   */
  sessionCheck<DB>(db: Kysely<DB>, table: string, access: 'read' | 'write'): SessionCheck
  /** A further condition when `column = key` treats different texts as equal. */
  keyIsText?(column: string, key: string): RawBuilder<boolean> | undefined
}
