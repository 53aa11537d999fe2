import { readFileSync } from 'node:fs'
import { type Postgres, startPostgres } from '@spillway/local/testing'
import type { Writer } from '@spillway/message'
import { recordOf } from '@spillway/message/testing'
import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { startDatabase } from '../testing/mysql-database.ts'
import { ordersWriter } from './classify-mysql.ts'
import type { Database } from './database.ts'
import { type Order, order } from './message.ts'

const limit = { signal: new AbortController().signal, remainingTime: () => 10_000 }
const statementIn = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8')

afterAll(() => void vi.unstubAllEnvs())

async function makeTables(db: Kysely<Database>, trigger: string): Promise<void> {
  await sql`create table orders (id varchar(64) not null primary key, customer varchar(64) not null)`.execute(
    db,
  )
  await sql`create table frozen_customers (customer varchar(64) not null primary key)`.execute(db)
  await sql`insert into frozen_customers values ('eve')`.execute(db)
  await sql.raw(statementIn(trigger)).execute(db)
}

async function writeOf(write: Writer<Order>, db: Kysely<Database>, code: string): Promise<void> {
  const records = [
    await recordOf(order, { id: 'a', customer: 'ada' }),
    await recordOf(order, { id: 'b', customer: 'eve' }),
  ]
  const outcomes = await write(records, limit)
  expect(outcomes).toMatchObject([{ kind: 'done' }, { kind: 'park', reason: { code } }])
  expect(JSON.stringify(outcomes)).not.toContain('frozen')
  expect(await db.selectFrom('orders').selectAll().execute()).toStrictEqual([{ id: 'a', customer: 'ada' }])
}

describe('a trigger of Postgres', () => {
  let postgres: Postgres
  let db: Kysely<Database>

  beforeAll(async () => {
    postgres = await startPostgres()
    vi.stubEnv('DATABASE_URL', postgres.url)
    db = (await import('./database.ts')).db
    await makeTables(db, 'trigger.sql')
  })
  afterAll(async () => {
    await db?.destroy()
    await postgres?.stop()
  })

  it('has an order parked with its code, and the others written', async () => {
    const { writeOrders } = await import('./classify.ts')
    await writeOf(writeOrders, db, 'OR001')
  })
})

const mysqlUrl = process.env.SPILLWAY_TEST_MYSQL_URL
if (mysqlUrl !== undefined)
  it('a trigger of MySQL has an order parked with its number, and the others written', async () => {
    const { db, stop } = await startDatabase<Database>(mysqlUrl)
    onTestFinished(stop)
    await makeTables(db, 'trigger-mysql.sql')
    await writeOf(ordersWriter(db), db, 'MYSQL_31001')
  })
