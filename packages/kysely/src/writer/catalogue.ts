import type { KeyColumn } from '../dialects/key-column.ts'
import type { ColumnType } from '../dialects/postgres/encode-value.ts'
import type { NodePostgres } from '../dialects/postgres/node-postgres.ts'

/** A database whose tables are not known to the compiler: the writer's public signature is what is typed. */
export type Schema = Record<string, Record<string, unknown>>

/** A table by its names in the database, after Kysely's plugins. */
export interface TableName {
  readonly schema?: string | undefined
  readonly name: string
}

/** The columns of a table by name. */
export type ColumnTypes = ReadonlyMap<string, ColumnType>

/** What the database says of a table, and of the sessions that write to it. */
export interface TableFacts {
  readonly types: ColumnTypes
  /** Milliseconds after which the server ends any statement of the session (Postgres). 0 is never. */
  readonly statementTimeout?: number
  /** Milliseconds after which the server ends any wait for a lock (Postgres). 0 is never. */
  readonly lockTimeout?: number
  /** Milliseconds after which the server ends a transaction without a statement (Postgres). 0 is never. */
  readonly idleTimeout?: number
  /** Whether the user declared the types: the statements hold the database to them, so that a wrong one is found at once. */
  readonly declared?: boolean
  /** Where the driver is node-postgres and binary parameters reach the server (Postgres). */
  readonly nodePostgres?: NodePostgres | undefined
  /** The bytes of the largest statement (`max_allowed_packet` of MySQL and MariaDB). */
  readonly maxPacket?: number
  /** Whether the server is MariaDB, which can limit the time of one statement. */
  readonly mariadb?: boolean
  /** A conflict column that is never null (MySQL and MariaDB). */
  readonly sureKey?: string
  /** The conflict columns, by name. */
  readonly key?: ReadonlyMap<string, KeyColumn>
  /** The unique indexes of the conflict columns (MySQL and MariaDB). */
  readonly keyIndexes?: readonly string[]
}

/** The facts of one table, read from the database when they are first needed. */
export interface Catalogue {
  /** The facts that were read, until they are forgotten. */
  readonly known: TableFacts | undefined
  /**
   * The facts; concurrent first calls share one read, and a failed read is not kept.
   *
   * @throws what the read throws
   */
  read(): Promise<TableFacts>
  /** Drops what was read: the next call of `read` asks the database. */
  forget(): void
}

/** A {@link Catalogue} of one table, for as long as the writer lives. */
export function createCatalogue(readFacts: () => Promise<TableFacts>): Catalogue {
  let facts: Promise<TableFacts> | undefined
  let known: TableFacts | undefined
  return {
    get known() {
      return known
    },
    read() {
      if (facts !== undefined) return facts
      const reading = readFacts()
      facts = reading
      reading.then(
        (read) => {
          if (facts === reading) known = read
        },
        // Whoever reads gets the error.
        () => {
          if (facts === reading) facts = undefined
        },
      )
      return reading
    },
    forget() {
      facts = undefined
      known = undefined
    },
  }
}

/** Whether two reads of a table found the same columns and types, and the same limit of a statement. */
export function sameTable(one: TableFacts, other: TableFacts): boolean {
  const text = ({ types, key = new Map(), maxPacket }: TableFacts) =>
    JSON.stringify([sorted(types), sorted(key), maxPacket])
  return text(one) === text(other)
}

function sorted<Value>(byName: ReadonlyMap<string, Value>): (readonly [string, Value])[] {
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1))
}
