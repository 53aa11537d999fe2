import middy from '@middy/core'
import { invoke } from '@spillway/batch/testing'
import { type Postgres, startPostgres } from '@spillway/local/testing'
import { sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import { sqsEvent } from '@spillway/sqs/testing'
import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { startDatabase } from '../testing/mysql-database.ts'
import type { Database } from './database.ts'
import { pointsEarned } from './message.ts'
import { addPoints } from './transactions-mysql.ts'

let postgres: Postgres
let db: Kysely<Database>

beforeAll(async () => {
  postgres = await startPostgres()
  vi.stubEnv('DATABASE_URL', postgres.url)
  vi.stubEnv('QUEUE_URL', 'https://sqs.us-east-1.amazonaws.com/000000000000/points')
  vi.stubEnv('DEAD_LETTER_QUEUE_URL', 'https://sqs.us-east-1.amazonaws.com/000000000000/points-dlq')
  vi.stubEnv('AWS_REGION', 'us-east-1')
  db = (await import('./database.ts')).db
  await sql`create table balances (customer text primary key, points integer not null)`.execute(db)
  await (await import('./inbox-migration.ts')).up(db)
})
afterAll(async () => {
  await db?.destroy()
  await postgres?.stop()
  vi.unstubAllEnvs()
})

const ada = { id: '0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a10', customer: 'ada', points: 5 }
const adaAgain = { ...ada, id: '0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a11', points: 3 }

it('adds the points of each message once, however often it is delivered', async () => {
  const { handler } = await import('./transactions.ts')
  const event = await sqsEvent(pointsEarned, [ada, adaAgain], { queue: 'points' })
  expect(await invoke(handler, event)).toStrictEqual({ batchItemFailures: [] })
  expect(await invoke(handler, event)).toStrictEqual({ batchItemFailures: [] })
  expect(await db.selectFrom('balances').selectAll().execute()).toStrictEqual([
    { customer: 'ada', points: 8 },
  ])
})

it('forgets keys with the sweep, and none of today', async () => {
  const { handler } = await import('./sweep.ts')
  expect(await handler()).toBe(0)
})

const mysqlUrl = process.env.SPILLWAY_TEST_MYSQL_URL
if (mysqlUrl !== undefined)
  it('adds the points of each message once in MySQL', async () => {
    const { db: mysql, stop } = await startDatabase<Database>(mysqlUrl)
    onTestFinished(stop)
    await sql`create table balances (customer varchar(64) primary key, points int not null)`.execute(mysql)
    await (await import('./inbox-migration.ts')).up(mysql)
    const queueUrl = 'https://sqs.us-east-1.amazonaws.com/000000000000/points'
    const handler = middy()
      .use(sqsPartialBatchFailure())
      .use(sqsSource({ queueUrl, deadLetterQueueUrl: `${queueUrl}-dlq` }))
      .handler(addPoints(mysql))
    const event = await sqsEvent(pointsEarned, [ada, adaAgain], { queue: 'points' })
    expect(await invoke(handler, event)).toStrictEqual({ batchItemFailures: [] })
    expect(await invoke(handler, event)).toStrictEqual({ batchItemFailures: [] })
    expect(await mysql.selectFrom('balances').selectAll().execute()).toStrictEqual([
      { customer: 'ada', points: 8 },
    ])
  })
