import { postgresPool } from '@spillway/kysely'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import type { Database } from './row.ts'

/** One connection for each execution environment: shards × parallelizationFactor of them in `spillway.config.ts`. */
export const db = new Kysely<Database>({
  dialect: new PostgresDialect({
    pool: postgresPool({ Pool, connectionString: process.env.DATABASE_URL, connections: 1 }),
  }),
})
