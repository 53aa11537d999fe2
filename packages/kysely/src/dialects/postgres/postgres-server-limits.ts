import type { PostgresPoolClient } from 'kysely'
import type { LimitWords, ServerLimits } from '../../connections/budget-check.ts'

// `reserved_connections` came with Postgres 16. -1 means no limit. Superusers have no limit of their own.
const text = `select current_setting('max_connections')::int
    - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true), '0')::int as server,
  nullif(case when rolsuper then -1 else rolconnlimit end, -1) as "user",
  nullif(datconnlimit, -1) as database
from pg_catalog.pg_roles, pg_catalog.pg_database
where rolname = session_user and datname = pg_catalog.current_database()`

/** The names of the limits in messages. */
export const postgresWords: LimitWords = {
  server: 'max_connections of the server, less those reserved for superusers,',
  user: 'CONNECTION LIMIT of the role',
  database: 'CONNECTION LIMIT of the database',
}

/** Reads the numbers of connections that the server allows. */
export async function readPostgresLimits(client: PostgresPoolClient): Promise<ServerLimits> {
  const { rows } = await client.query<Record<keyof ServerLimits, number | null>>(text, [])
  const [row] = rows
  if (row === undefined || row.server === null) throw new Error('the server did not return its limits')
  return { server: row.server, user: row.user ?? undefined, database: row.database ?? undefined }
}
