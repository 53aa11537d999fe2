import { sql } from 'kysely'
import type { Inbox, InboxEntry, KnownKey } from '../../inbox/inbox.ts'
import { entryVanished } from '../../inbox/inbox.ts'
import { type ParkedColumns, parkedFacts, parkedText, redriven } from '../../inbox/parked-text.ts'
import { storableKey } from '../storable-text.ts'

interface FoundRow extends ParkedColumns {
  readonly key: string
  readonly fingerprint: string | null
}

/**
 * An inbox in Postgres: one statement for a batch of any size, and a second one only if some keys already existed.
 */
export function postgresInbox(name: string): Inbox {
  const table = sql.table(name)
  return {
    name,
    // Postgres cannot store NUL.
    storedText: storableKey,
    async claim(db, consumer, entries) {
      const owner = storableKey(consumer)
      const keys = entries.map(({ key }) => storableKey(key))
      const fingerprints = entries.map(({ fingerprint }) => fingerprint)
      const copies = redriven(entries)
      if (copies.length > 0) {
        await sql`
          delete from ${table} where consumer = ${owner} and (key, parked_record) in (
            select * from unnest(
              ${copies.map(({ key }) => storableKey(key))}::text[], ${copies.map(({ redriveOf }) => redriveOf)}::text[]
            )
          )
        `.execute(db)
      }
      // Most batches park no message, and need fewer columns.
      const parks = entries.some(({ parked }) => parked !== undefined)
      const { rows: inserted } = await sql<{ readonly key: string }>`
        insert into ${table} (consumer, key, fingerprint${sql.raw(parks ? ', parked, parked_record' : '')})
        select ${owner}, v.key, decode(v.fingerprint, 'hex')${sql.raw(parks ? ', v.parked::json, v.record' : '')}
        from unnest(${keys}::text[], ${fingerprints}::text[]${parks ? parkedArrays(entries) : sql``})
          as v(key, fingerprint${sql.raw(parks ? ', parked, record' : '')})
        on conflict (consumer, key) do nothing
        returning key
      `.execute(db)
      const known = new Map<string, KnownKey>()
      if (inserted.length < keys.length) {
        const fresh = new Set(inserted.map(({ key }) => key))
        const { rows } = await sql<FoundRow>`
          select key, encode(fingerprint, 'hex') as fingerprint, parked, parked_record from ${table}
          where consumer = ${owner} and key = any(${keys.filter((key) => !fresh.has(key))}::text[])
        `.execute(db)
        const found = new Map(rows.map((row) => [row.key, row]))
        for (const [place, { key }] of entries.entries()) {
          const row = found.get(keys[place] as string)
          if (row !== undefined) known.set(key, { fingerprint: row.fingerprint, parked: parkedFacts(row) })
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

function parkedArrays(entries: readonly InboxEntry[]) {
  const records = entries.map(({ parked }) => parked?.recordId ?? null)
  return sql`, ${entries.map(parkedText)}::text[], ${records}::text[]`
}
