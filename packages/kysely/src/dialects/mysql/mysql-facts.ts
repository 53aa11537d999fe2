import type { TableFacts } from '../table.ts'

/** Facts about a table and a server of MySQL or MariaDB. `maxStatementBytes` is `max_allowed_packet`. */
export interface MysqlFacts extends TableFacts {
  /** Whether the server is MariaDB, which can limit the time of one statement. */
  readonly mariadb: boolean
  /** A conflict column that is never null. */
  readonly neverNullKey: string
  /** The names of the unique indexes of the conflict columns. */
  readonly keyIndexes: readonly string[]
}
