import { SpillwayError } from '@spillway/message'
import { type Kysely, MysqlAdapter, PostgresAdapter, SqliteAdapter } from 'kysely'

/** The databases that Spillway writes to. MariaDB is `mysql`, PGlite is `postgres`. */
export type EngineName = 'postgres' | 'mysql' | 'sqlite'

/**
 * Which database a Kysely speaks to, by the adapter of its dialect.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` for any other dialect.
 */
export function engineOf<DB>(owner: string, db: Kysely<DB>): EngineName {
  const { adapter } = db.getExecutor()
  if (adapter instanceof PostgresAdapter) return 'postgres'
  if (adapter instanceof MysqlAdapter) return 'mysql'
  if (adapter instanceof SqliteAdapter) return 'sqlite'
  throw new SpillwayError(
    'SPILLWAY_OPTION_INVALID',
    `${owner}: the option \`db\` must be a Kysely with the dialect of Postgres (PGlite included), MySQL or SQLite.`,
  )
}
