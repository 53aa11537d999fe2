import { randomUUID } from 'node:crypto'
import { mysqlPool } from '@spillway/kysely'
import { Kysely, MysqlDialect, sql } from 'kysely'
import { createPool } from 'mysql2'

/** Creates a database of its own on a server for tests. `stop` drops it. */
export async function startDatabase<DB>(serverUrl: string) {
  const name = `test_${randomUUID().replaceAll('-', '')}`
  const server = new Kysely({ dialect: new MysqlDialect({ pool: createPool({ uri: serverUrl }) }) })
  await sql`create database ${sql.id(name)}`.execute(server)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  const pool = mysqlPool({ createPool, uri: url.href })
  const db = new Kysely<DB>({ dialect: new MysqlDialect({ pool }) })
  return {
    db,
    async stop() {
      await db.destroy()
      await sql`drop database ${sql.id(name)}`.execute(server)
      await server.destroy()
    },
  }
}
