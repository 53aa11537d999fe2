import { MysqlAdapter, sql } from 'kysely'
import type { Dialect } from '../dialect.ts'
import { mysqlErrorOrigin } from './mysql-error-origin.ts'
import { mysqlInbox } from './mysql-inbox.ts'
import { withinDeadline } from './mysql-limits.ts'
import { mysqlSessionCheck } from './mysql-session-check.ts'
import { mysqlTables } from './mysql-tables.ts'
import { mysqlWriter } from './mysql-writer.ts'

/** MySQL, and MariaDB. */
export const mysqlDialect: Dialect = {
  name: 'mysql',
  adapter: MysqlAdapter,
  adapterName: 'MysqlAdapter',
  insert: mysqlWriter,
  tables: mysqlTables,
  // The limits of MariaDB stand before each statement: see `mysqlLimits`.
  time: { withinDeadline, limitTransaction: async () => undefined },
  errorOrigin: mysqlErrorOrigin,
  inbox: mysqlInbox,
  sessionCheck: mysqlSessionCheck,
  // `12abc` equals 12 in a column of numbers: a key that is not a number must also be equal as a text. The index is
  // used for the plain comparison.
  keyIsText: (column, key) =>
    /^-?\d+$/.test(key) ? undefined : sql<boolean>`cast(${sql.ref(column)} as char) = ${key}`,
}
