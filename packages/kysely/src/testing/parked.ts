import type { ParkDecision, ParkedEntry } from '@spillway/message'
import { Kysely, PostgresDialect } from 'kysely'
import { afterAll, beforeAll } from 'vitest'
import { parkedMigration } from '../dialects/migrations.ts'
import { startDatabase } from './database.ts'
import { openTestPool } from './spare-pools.ts'

/** The decision to park a message. */
export const parked = (facts: Partial<ParkDecision> = {}): ParkDecision => ({
  recordId: 'record 1',
  name: 'order.placed',
  key: 'a',
  reason: { code: '22003', detail: 'a number is out of range for its column' },
  at: new Date('2026-01-02T03:04:05.678Z'),
  ...facts,
})

/** The entry that a store creates for it. */
export const entry = (facts: Partial<ParkedEntry> = {}): ParkedEntry => ({
  ...parked(facts),
  copied: false,
  ...facts,
})

/** A Postgres for the tests of a file, with the table of the parked store. */
export function useParkedDatabase(): { readonly url: string } {
  let database: Awaited<ReturnType<typeof startDatabase>>
  beforeAll(async () => {
    database = await startDatabase()
    const { pool } = openTestPool(database.url, 1)
    const db = new Kysely<never>({ dialect: new PostgresDialect({ pool }) })
    await parkedMigration().up(db)
    await db.destroy()
  })
  afterAll(() => database[Symbol.asyncDispose]())
  return {
    get url() {
      return database.url
    },
  }
}
