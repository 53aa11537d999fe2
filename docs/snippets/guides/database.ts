import { postgresPool } from '@spillway/kysely'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'

export interface Database {
  balances: { customer: string; points: number }
}

export const db = new Kysely<Database>({
  dialect: new PostgresDialect({
    pool: postgresPool({ Pool, connectionString: process.env.DATABASE_URL }),
  }),
})
