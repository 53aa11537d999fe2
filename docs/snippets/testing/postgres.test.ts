import { kyselyWriter } from '@spillway/kysely'
import { type Postgres, startPostgres } from '@spillway/local/testing'
import { done } from '@spillway/message'
import { recordOf } from '@spillway/message/testing'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { order } from './message.ts'

let postgres: Postgres
let db: Kysely<{ orders: { id: string; customer: string; cents: number } }>

beforeAll(async () => {
  postgres = await startPostgres({ migrations: new URL('./migrations', import.meta.url).pathname })
  db = new Kysely({
    dialect: new PostgresDialect({ pool: new Pool({ connectionString: postgres.functionsUrl }) }),
  })
})
afterAll(async () => {
  await db.destroy()
  await postgres.stop()
})

it('writes one row for an order however often it comes', async () => {
  const write = kyselyWriter({
    db,
    insertInto: 'orders',
    row: ({ body }: { body: { id: string; customer: string; cents: number } }) => body,
    conflict: 'id',
  })
  const placed = { id: '0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a10', customer: 'ada', cents: 1250 }
  const records = [await recordOf(order, placed)]
  const limit = { signal: new AbortController().signal, remainingTime: () => 10_000 }
  expect(await write(records, limit)).toStrictEqual([done()])
  expect(await write(records, limit)).toStrictEqual([done()])
  expect(await db.selectFrom('orders').selectAll().execute()).toStrictEqual([placed])
})
