import { readdir, readFile } from 'node:fs/promises'
import { connectionBudgetMigration, postgresPool } from '@spillway/kysely'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { Pool } from 'pg'

/** The folder of the SQL files, beside this module and beside its bundle. */
const folder = new URL('./migrations/', import.meta.url)

/**
 * Runs the pending migrations as the role that owns the tables, and gives the functions' role `app` its
 * rights and its connection limit. Invoke it by hand after a deploy. It is safe to run again.
 *
 * @returns the names of the migrations that this call has run.
 */
export async function handler(): Promise<readonly string[]> {
  const pool = postgresPool({ Pool, connectionString: process.env.DATABASE_URL, connections: 1 })
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  try {
    await sql`grant usage on schema public to app`.execute(db)
    await sql`alter default privileges grant select, insert, update, delete on tables to app`.execute(db)
    await sql`alter default privileges grant usage on sequences to app`.execute(db)
    const migrator = new Migrator({ db, provider: { getMigrations } })
    const { error, results = [] } = await migrator.migrateToLatest()
    if (error !== undefined) throw error
    const budget = { role: 'app', connections: Number(process.env.CONNECTION_BUDGET) }
    await connectionBudgetMigration(budget).up(db)
    return results.map(({ migrationName }) => migrationName)
  } finally {
    await db.destroy()
  }
}

async function getMigrations(): Promise<Record<string, Migration>> {
  const migrations: Record<string, Migration> = {}
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.sql')) continue
    const text = await readFile(new URL(name, folder), 'utf8')
    migrations[name] = { up: async (db) => void (await sql.raw(text).execute(db)) }
  }
  return migrations
}
