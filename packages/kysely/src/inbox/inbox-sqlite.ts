import { sql } from 'kysely'
import type { Inbox } from './inbox.ts'

/** Rows in a statement. SQLite takes 32,766 parameters. */
const chunkSize = 5_000

/** An inbox in SQLite, for tests and small apps: it has one writer at a time. */
export function sqliteInbox(name: string): Inbox {
  const table = sql.table(name)
  return {
    async claim(db, consumer, entries) {
      const known = new Map<string, string | null>()
      for (let from = 0; from < entries.length; from += chunkSize) {
        const chunk = entries.slice(from, from + chunkSize)
        const rows = chunk.map(({ key, fingerprint }) => sql`(${consumer}, ${key}, ${fingerprint})`)
        const { rows: inserted } = await sql<{ readonly key: string }>`
          insert into ${table} (consumer, key, fingerprint) values ${sql.join(rows)}
          on conflict (consumer, key) do nothing
          returning key
        `.execute(db)
        if (inserted.length === chunk.length) continue
        const fresh = new Set(inserted.map(({ key }) => key))
        const rest = chunk.filter(({ key }) => !fresh.has(key))
        const { rows: found } = await sql<{ readonly key: string; readonly fingerprint: string | null }>`
          select key, fingerprint from ${table}
          where consumer = ${consumer} and key in (${sql.join(rest.map(({ key }) => key))})
        `.execute(db)
        for (const { key, fingerprint } of found) known.set(key, fingerprint)
      }
      return {
        known,
        async holds(key) {
          const { rows } = await sql`
            select 1 from ${table} where consumer = ${consumer} and key = ${key}
          `.execute(db)
          return rows.length > 0
        },
      }
    },
  }
}
