import { sql } from 'kysely'
import { storableKey } from '../engines/postgres/storable-text.ts'
import { entryVanished } from './entry-vanished.ts'
import type { Inbox } from './inbox.ts'

/**
 * An inbox in Postgres: one statement for a batch, whatever its size, and a second one only when a key was there
 * before.
 */
export function postgresInbox(name: string): Inbox {
  const table = sql.table(name)
  return {
    async claim(db, consumer, entries) {
      const owner = storableKey(consumer)
      const keys = entries.map(({ key }) => storableKey(key))
      const fingerprints = entries.map(({ fingerprint }) => fingerprint)
      const { rows: inserted } = await sql<{ readonly key: string }>`
        insert into ${table} (consumer, key, fingerprint)
        select ${owner}, v.key, decode(v.fingerprint, 'hex')
        from unnest(${keys}::text[], ${fingerprints}::text[]) as v(key, fingerprint)
        on conflict (consumer, key) do nothing
        returning key
      `.execute(db)
      const known = new Map<string, string | null>()
      if (inserted.length < keys.length) {
        const fresh = new Set(inserted.map(({ key }) => key))
        const { rows } = await sql<{ readonly key: string; readonly fingerprint: string | null }>`
          select key, encode(fingerprint, 'hex') as fingerprint from ${table}
          where consumer = ${owner} and key = any(${keys.filter((key) => !fresh.has(key))}::text[])
        `.execute(db)
        const found = new Map(rows.map(({ key, fingerprint }) => [key, fingerprint]))
        for (const [place, { key }] of entries.entries()) {
          const fingerprint = found.get(keys[place] as string)
          if (fingerprint !== undefined) known.set(key, fingerprint)
        }
        if (known.size < keys.length - inserted.length) throw entryVanished(name)
      }
      return {
        known,
        async holds(key) {
          const { rows } = await sql`
            select 1 from ${table} where consumer = ${owner} and key = ${storableKey(key)}
          `.execute(db)
          return rows.length > 0
        },
      }
    },
  }
}
