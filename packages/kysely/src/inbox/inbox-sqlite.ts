import { sql } from 'kysely'
import type { Inbox, KnownKey } from './inbox.ts'
import { type ParkedColumns, parkedFacts, parkedText, redriven } from './parked-text.ts'

interface FoundRow extends ParkedColumns {
  readonly key: string
  readonly fingerprint: string | null
}

/** Rows in a statement. SQLite takes 32,766 parameters. */
const chunkSize = 5_000

/** An inbox in SQLite, for tests and small apps: it has one writer at a time. */
export function sqliteInbox(name: string): Inbox {
  const table = sql.table(name)
  return {
    name,
    async claim(db, consumer, entries) {
      const known = new Map<string, KnownKey>()
      for (let from = 0; from < entries.length; from += chunkSize) {
        const chunk = entries.slice(from, from + chunkSize)
        const copies = redriven(chunk).map(({ key, redriveOf }) => sql`(${key}, ${redriveOf})`)
        if (copies.length > 0) {
          await sql`
            delete from ${table} where consumer = ${consumer} and (key, parked_record) in (values ${sql.join(copies)})
          `.execute(db)
        }
        const rows = chunk.map((entry) => {
          const { key, fingerprint, parked } = entry
          return sql`(${consumer}, ${key}, ${fingerprint}, ${parkedText(entry)}, ${parked?.recordId ?? null})`
        })
        const { rows: inserted } = await sql<{ readonly key: string }>`
          insert into ${table} (consumer, key, fingerprint, parked, parked_record) values ${sql.join(rows)}
          on conflict (consumer, key) do nothing
          returning key
        `.execute(db)
        if (inserted.length === chunk.length) continue
        const fresh = new Set(inserted.map(({ key }) => key))
        const rest = chunk.filter(({ key }) => !fresh.has(key))
        const { rows: found } = await sql<FoundRow>`
          select key, fingerprint, parked, parked_record from ${table}
          where consumer = ${consumer} and key in (${sql.join(rest.map(({ key }) => key))})
        `.execute(db)
        for (const row of found) {
          known.set(row.key, { fingerprint: row.fingerprint, parked: parkedFacts(row) })
        }
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
