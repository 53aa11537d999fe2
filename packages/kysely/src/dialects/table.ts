import type { KeyColumn } from './key-column.ts'

/** A database with tables of any type: the public signature of the writer is typed, its implementation is not. */
export type Schema = Record<string, Record<string, unknown>>

/** A table by its names in the database, after Kysely's plugins. */
export interface TableName {
  readonly schema?: string | undefined
  readonly name: string
}

/** A value in the form in which it is sent to the database. */
export type Value = string | number | bigint | Date | Uint8Array | null

/** The type of a column. Each dialect adds the facts that its statements need. */
export interface ColumnType {
  /** The type as SQL, without its modifier: `character varying` rather than `character varying(64)`. */
  readonly sqlType: string
}

/** The columns of a table by name. */
export type ColumnTypes = ReadonlyMap<string, ColumnType>

/** Facts about a table. Each dialect adds those that its statements need. */
export interface TableFacts {
  readonly types: ColumnTypes
  /** The conflict columns, by name. */
  readonly key?: ReadonlyMap<string, KeyColumn>
  /** The bytes of the largest statement, if the server has such a limit. */
  readonly maxStatementBytes?: number
}

/** A row ready for a statement. */
export interface Row {
  /** The columns that have a value, sorted: rows with the same columns share a statement. */
  readonly columns: readonly string[]
  /** The encoded values, in the order of the columns. */
  readonly values: readonly Value[]
  /** The values of the conflict columns: rows with equal keys are the same row. */
  readonly key: string
  /** Whether rows with equal keys in the database always have the same `key`, however their values are written. */
  readonly isKeyPlain: boolean
  readonly receiveCount: number
  /**
   * Whether this record, or another with its key, was delivered before. Default: whether `receiveCount` is more than 1.
   */
  readonly redelivered?: boolean
  /** Rows with a higher priority go first if there is not enough time for all. Default: `receiveCount`. */
  readonly priority?: number
  /** The positions of this row's records in the batch. */
  readonly positions: readonly number[]
}
