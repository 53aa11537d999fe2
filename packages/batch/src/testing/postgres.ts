import { inboxMigration, postgresPool } from '@spillway/kysely'
import { type Postgres, type Reaper, startPostgres, startReaper } from '@spillway/local/testing'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll } from 'vitest'

/**
 * A Postgres for the tests of a file, with some tables and the inbox.
 *
 * @param tables the statements that make them
 */
export function usePostgres<DB>(tables: string) {
  let reaper: Reaper
  let postgres: Postgres

  async function execute(text: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: postgres.url })
    await client.connect()
    try {
      return (await client.query(text)).rows
    } finally {
      await client.end()
    }
  }

  /** A Kysely with a connection of its own. */
  function open<Tables = DB>(url = postgres.url): Kysely<Tables> {
    const pool = postgresPool({ Pool: pg.Pool, connectionString: url, connections: 1 })
    return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  }

  beforeAll(async () => {
    reaper = await startReaper()
    postgres = await startPostgres({ maxConnections: 12, reserved: 3, databaseName: 'test', reaper })
    await execute(tables)
    const db = open()
    await inboxMigration().up(db)
    await db.destroy()
  })
  afterAll(async () => {
    await postgres.stop()
    await reaper.stop()
  })

  return {
    execute,
    open,
    get server() {
      return postgres
    },
  }
}
