import { kyselyWriter } from '@spillway/kysely'
import type { MessageRecord } from '@spillway/message'
import type { Kysely } from 'kysely'

interface Price {
  readonly cents: number
  readonly version: number
}
interface Database {
  prices: { sku: string; cents: number; version: number; deleted_at: Date | null }
}
declare const db: Kysely<Database>

const row = ({ key, body }: MessageRecord<Price>) => ({ sku: key, deleted_at: null, ...body })

/** The first message of a key is written; later ones change nothing. */
export const writeOnce = kyselyWriter({ db, insertInto: 'prices', row, conflict: 'sku' })

/** The greatest version of a key is kept. */
export const writeNewest = kyselyWriter({
  db,
  insertInto: 'prices',
  row,
  conflict: { on: 'sku', do: 'update', version: 'version' },
})

/** The unique index on `sku` contains only rows that are not deleted. */
export const writeLive = kyselyWriter({
  db,
  insertInto: 'prices',
  row,
  conflict: { on: 'sku', where: { deleted_at: null }, do: 'nothing' },
})
