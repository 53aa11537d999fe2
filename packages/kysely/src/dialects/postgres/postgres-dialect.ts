import { PostgresAdapter } from 'kysely'
import type { Dialect } from '../dialect.ts'
import { postgresErrorOrigin } from './postgres-error-origin.ts'
import { postgresInbox } from './postgres-inbox.ts'
import { limitTransaction, withinDeadline } from './postgres-limits.ts'
import { postgresTables } from './postgres-tables.ts'
import { postgresWriter } from './postgres-writer.ts'

/** Postgres, and PGlite. */
export const postgresDialect: Dialect = {
  name: 'postgres',
  adapter: PostgresAdapter,
  adapterName: 'PostgresAdapter',
  insert: postgresWriter,
  tables: postgresTables,
  time: { withinDeadline, limitTransaction },
  errorOrigin: postgresErrorOrigin,
  inbox: postgresInbox,
  // No setting of Postgres changes the meaning of a statement.
  sessionCheck: () => async () => undefined,
}
