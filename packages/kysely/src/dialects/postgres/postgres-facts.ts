import type { ColumnType, TableFacts } from '../table.ts'

/** Writes a date as the driver does. */
export type DateText = (date: Date) => string

/** Facts about node-postgres, if the Kysely uses it. */
export interface NodePostgres {
  /** Writes a date as this copy of `pg` does: in UTC if its `defaults.parseInputDatesAsUTC` is set. */
  readonly dateText: DateText
}

/** The facts about a column that determine how a value is sent. */
export interface PostgresType extends ColumnType {
  /**
   * Whether an array of the type can be a parameter: false for array types, because `unnest` flattens them, and for
   * composite types, because it makes a column of each field.
   */
  readonly unnestable: boolean
  /** Whether the type is an array. */
  readonly list: boolean
  /** Whether the type, or its element type, is `json` or `jsonb`. */
  readonly json: boolean
  /** The OID of the type, if it is known: built-in types have the same OID in every database. */
  readonly oid?: number | undefined
  /**
   * The function by which the server reads the binary form of the type, or of the base type of a domain: `uuid_recv`.
   */
  readonly receive?: string | undefined
}

/** Facts about a table of Postgres, and about the sessions that write to it. */
export interface PostgresFacts extends TableFacts {
  readonly types: ReadonlyMap<string, PostgresType>
  /** Milliseconds after which the server ends any statement of the session. 0 is never. */
  readonly statementTimeout?: number
  /** Milliseconds after which the server ends any wait for a lock. 0 is never. */
  readonly lockTimeout?: number
  /** Milliseconds after which the server ends a transaction that has no running statement. 0 is never. */
  readonly idleTimeout?: number
  /** Whether the user declared the types: statements cast to them, so that the server reports a wrong type at once. */
  readonly declared?: boolean
  /** Set if the driver is node-postgres and binary parameters reach the server. */
  readonly nodePostgres?: NodePostgres | undefined
}
