import { postgresPool } from '@spillway/kysely'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'

export interface Database {
  orders: { id: string; customer: string }
}

export const db = new Kysely<Database>({
  dialect: new PostgresDialect({
    pool: postgresPool({ Pool, connectionString: process.env.DATABASE_URL }),
  }),
})
