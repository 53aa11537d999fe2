import { randomUUID } from 'node:crypto'
import { Kysely, MysqlDialect } from 'kysely'
import { type Connection, createConnection, createPool, type PoolOptions } from 'mysql2'
import { afterAll, beforeAll, describe, onTestFinished } from 'vitest'

const serverUrl = process.env.SPILLWAY_TEST_MYSQL_URL

/** A database of MySQL or MariaDB for the tests of a file. */
export interface MysqlDatabase {
  /** Its URL, with a user who has all rights. */
  readonly url: string
  readonly name: string
}

/**
 * Registers tests that need MySQL or MariaDB, if `SPILLWAY_TEST_MYSQL_URL` names a server whose user may create
 * databases. Without it they are not registered, and one line on stderr reports that.
 *
 * The tests get a new database, which is dropped after them. It exists from the first `beforeAll` of `define` on, but
 * not yet while `define` runs.
 */
export function describeMysql(name: string, define: (database: MysqlDatabase) => void): void {
  if (serverUrl === undefined) {
    process.stderr.write(`Not registered without SPILLWAY_TEST_MYSQL_URL: ${name}\n`)
    return
  }
  const database = `spillway_${randomUUID().replaceAll('-', '')}`
  const url = new URL(serverUrl)
  url.pathname = `/${database}`
  describe(name, () => {
    beforeAll(() => executeMysql(serverUrl, `create database ${database}`).then(() => undefined))
    afterAll(() => executeMysql(serverUrl, `drop database if exists ${database}`).then(() => undefined))
    define({ url: url.href, name: database })
  })
}

/** Runs statements, split by semicolons, on a new connection; returns the rows of the last. */
export async function executeMysql(url: string, text: string): Promise<Record<string, unknown>[]> {
  const connection = connectMysql(url)
  try {
    return await queryMysql(connection, text)
  } finally {
    connection.destroy()
  }
}

/** A connection that survives its server. */
export function connectMysql(url: string): Connection {
  const connection = createConnection({ uri: url, multipleStatements: true })
  connection.on('error', () => undefined)
  return connection
}

/** Runs statements on a connection; returns the rows of the last. */
export function queryMysql(connection: Connection, text: string): Promise<Record<string, unknown>[]> {
  return new Promise((resolve, reject) => {
    connection.query(text, (error, result) => {
      if (error) return reject(error)
      const last: unknown = Array.isArray(result) && Array.isArray(result.at(-1)) ? result.at(-1) : result
      resolve(Array.isArray(last) ? last : [])
    })
  })
}

/** A Kysely with a new pool, and its inserts. Closed after the test. */
export function openMysql<DB>(
  url: string,
  connections = 1,
  options: PoolOptions = {},
): { db: Kysely<DB>; inserts: string[] } {
  const opened = createMysql<DB>(url, connections, options)
  onTestFinished(() => opened.db.destroy())
  return opened
}

/** The same as {@link openMysql}, for hooks: the caller closes it. */
export function createMysql<DB>(
  url: string,
  connections = 1,
  options: PoolOptions = {},
): { db: Kysely<DB>; inserts: string[] } {
  const inserts: string[] = []
  const pool = createPool({ uri: url, connectionLimit: connections, ...options })
  const db = new Kysely<DB>({
    dialect: new MysqlDialect({ pool }),
    log: ({ query }) => {
      if (/\binsert\b/.test(query.sql)) inserts.push(query.sql)
    },
  })
  return { db, inserts }
}
