import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { Kysely, type SqliteDatabase, SqliteDialect } from 'kysely'
import { onTestFinished } from 'vitest'

/** A Kysely over a SQLite in memory, the inserts that it ran, and a way to run statements past it. */
export function openSqlite<DB>(schema: string): {
  db: Kysely<DB>
  inserts: string[]
  execute(text: string): Record<string, unknown>[]
} {
  const inserts: string[] = []
  const sqlite = new DatabaseSync(':memory:')
  sqlite.exec(schema)
  const db = new Kysely<DB>({
    dialect: new SqliteDialect({ database: adapt(sqlite) }),
    log: ({ query }) => {
      if (query.sql.startsWith('insert')) inserts.push(query.sql)
    },
  })
  onTestFinished(() => db.destroy())
  return { db, inserts, execute: (text) => sqlite.prepare(text).all() }
}

/** `node:sqlite` with the face of better-sqlite3, which Kysely expects. */
function adapt(sqlite: DatabaseSync): SqliteDatabase {
  return {
    close: () => sqlite.close(),
    prepare(text) {
      const statement = sqlite.prepare(text)
      const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[]
      return {
        reader: /^\s*(?:select|pragma|with)|\breturning\b/i.test(text),
        all: (parameters) => statement.all(...values(parameters)),
        run: (parameters) => statement.run(...values(parameters)),
        iterate: (parameters) => statement.iterate(...values(parameters)),
      }
    },
  }
}
