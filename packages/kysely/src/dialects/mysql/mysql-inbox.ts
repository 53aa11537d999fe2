import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { Inbox, KnownKey } from '../../inbox/inbox.ts'
import { entryVanished } from '../../inbox/inbox.ts'
import { type ParkedColumns, parkedFacts, parkedText, redriven } from '../../inbox/parked-text.ts'
import { mariadbLimits } from './mysql-limits.ts'

/** Rows in a statement: 5 MB at most, less than any server's `max_allowed_packet`. */
const chunkSize = 1_000

interface FoundRow extends ParkedColumns {
  readonly key: Buffer
  readonly fingerprint: string | null
  readonly ours: number
}

/**
 * An inbox in MySQL or MariaDB, which have no `returning`. Each claim writes a token; rows with another token existed
 * before. It takes two statements for each 1,000 keys.
 *
 * Texts are stored as bytes: in a text column `a`, `A` and `a ` would be one key under most collations.
 */
export function mysqlInbox(name: string): Inbox {
  const table = sql.table(name)
  const keyColumn = sql.ref('key')
  return {
    name,
    storedText: (text) => text,
    async claim(db, consumer, entries, left) {
      const owner = Buffer.from(consumer)
      const token = randomBytes(16)
      const known = new Map<string, KnownKey>()
      for (let from = 0; from < entries.length; from += chunkSize) {
        const chunk = entries.slice(from, from + chunkSize)
        const copies = redriven(chunk).map(({ key, redriveOf }) => sql`(${Buffer.from(key)}, ${redriveOf})`)
        if (copies.length > 0) {
          await sql`
            ${limits(left())} delete from ${table}
            where consumer = ${owner} and (${keyColumn}, parked_record) in (${sql.join(copies)})
          `.execute(db)
        }
        const rows = chunk.map((entry) => {
          const { key, fingerprint, parked } = entry
          const bytes = fingerprint === null ? null : Buffer.from(fingerprint, 'hex')
          const reason = [parkedText(entry), parked?.recordId ?? null]
          return sql`(${owner}, ${Buffer.from(key)}, ${bytes}, ${token}, utc_timestamp(3), ${sql.join(reason)})`
        })
        await sql`
          ${limits(left())} insert into ${table}
            (consumer, ${keyColumn}, fingerprint, token, at, parked, parked_record) values ${sql.join(rows)}
          on duplicate key update ${keyColumn} = ${sql.ref(`${name}.key`)}
        `.execute(db)
        // A locking read sees committed rows; a plain one sees the snapshot of the transaction. The rows are locked
        // already.
        const { rows: found } = await sql<FoundRow>`
          select ${keyColumn}, lower(hex(fingerprint)) as fingerprint, parked, parked_record, token = ${token} as ours
          from ${table}
          where consumer = ${owner} and ${keyColumn} in (${sql.join(chunk.map(({ key }) => Buffer.from(key)))})
          for update
        `.execute(db)
        if (found.length < chunk.length) throw entryVanished(name)
        for (const row of found) {
          const { key, fingerprint, ours } = row
          if (Number(ours) !== 1) known.set(key.toString(), { fingerprint, parked: parkedFacts(row) })
        }
      }
      return {
        known,
        async holds(key) {
          const { rows } = await sql`
            select 1 from ${table}
            where consumer = ${owner} and ${keyColumn} = ${Buffer.from(key)} and token = ${token}
          `.execute(db)
          return rows.length > 0
        },
      }
    },
  }
}

/**
 * Makes MariaDB end a wait for another transaction (1205) before the deadline. MySQL reads it as a comment: its own
 * limit, 50 s by default, is a setting of the session, which would stay on a shared connection.
 */
function limits(left: number) {
  return sql.raw(`/*M! ${mariadbLimits(left)} */`)
}
