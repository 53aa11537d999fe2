import { postgresPool } from '@spillway/kysely'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'

export const db = new Kysely<{ orders: { id: string; customer: string } }>({
  dialect: new PostgresDialect({
    pool: postgresPool({ Pool, connectionString: process.env.DATABASE_URL, connections: 1 }),
  }),
})
