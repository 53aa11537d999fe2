import { inboxMigration, postgresPool } from '@spillway/kysely'
import type { Postgres, PostgresOptions } from '@spillway/local/testing'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll } from 'vitest'
import * as databases from '../../../kysely/src/testing/database.ts'

/**
 * A Postgres for the tests of a file, with some tables and the inbox.
 *
 * @param tables the statements that make them
 * @param options of a server of its own, for tests that change the server
 */
export function usePostgres<DB>(tables: string, options?: Partial<PostgresOptions>) {
  let postgres: databases.TestDatabase

  const execute = (text: string) => databases.execute(postgres.url, text)

  /** A Kysely with a connection of its own. */
  function open<Tables = DB>(url = postgres.url): Kysely<Tables> {
    const pool = postgresPool({ Pool: pg.Pool, connectionString: url, connections: 1 })
    return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  }

  beforeAll(async () => {
    postgres = await databases.startDatabase(options)
    await execute(tables)
    const db = open()
    await inboxMigration().up(db)
    await db.destroy()
  })
  afterAll(() => postgres[Symbol.asyncDispose]())

  return {
    execute,
    open,
    get server(): Postgres {
      return postgres
    },
  }
}
