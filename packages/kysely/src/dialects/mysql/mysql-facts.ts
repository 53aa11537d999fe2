import type { TableFacts } from '../table.ts'

/** What MySQL or MariaDB says about a table and about itself. `maxStatementBytes` is `max_allowed_packet`. */
export interface MysqlFacts extends TableFacts {
  /** Whether the server is MariaDB, which can limit the time of one statement. */
  readonly mariadb: boolean
  /** A conflict column that is never null. */
  readonly neverNullKey: string
  /** The names of the unique indexes of the conflict columns. */
  readonly keyIndexes: readonly string[]
}
