import { postgresPool } from '@spillway/kysely'
import { type ColumnType, type GeneratedAlways, Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'

/** A `bigint`, which the driver reads as a string, because a number would lose cents beyond 2^53. */
type Cents = ColumnType<string, bigint, bigint>

/** The tables of the app. See `migrations/001-ledger.sql`. */
export interface Database {
  accounts: { id: string; cents: Cents }
  transfers: {
    id: string
    position: GeneratedAlways<string>
    payer: string
    payee: string
    cents: Cents
    requested_at: Date
  }
}

/** One connection for each execution environment: its share of the budget in `spillway.config.ts`. */
export const db = new Kysely<Database>({
  dialect: new PostgresDialect({
    pool: postgresPool({ Pool, connectionString: process.env.DATABASE_URL, connections: 1 }),
  }),
})
