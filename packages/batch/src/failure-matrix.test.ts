import { SQSClient } from '@aws-sdk/client-sqs'
import { kyselyTransaction, kyselyWriter } from '@spillway/kysely'
import { type QueueEngine, startQueues } from '@spillway/local/testing'
import { defineMessage, done, type MessageRecord, retry } from '@spillway/message'
import { sqsTarget } from '@spillway/sqs'
import { claimCheck } from '@spillway/sqs/claim-check'
import { memoryClaimStore, sqsEvent } from '@spillway/sqs/testing'
import { type Kysely, sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { startCuttingProxy } from '../../kysely/src/testing/cutting-proxy.ts'
import { batch, eachRecord } from './index.ts'
import { usePostgres } from './testing/postgres.ts'
import { silent } from './testing/virtual-run.ts'
import { type Worker, workerOf } from './testing/worker.ts'

// What may fail between a queue and a database, row by row: see docs/reference/failure-matrix.md.

interface Database {
  orders: { id: string; cents: number }
  accounts: { id: string; balance: number }
  late: { id: string }
}
const order = defineMessage({
  name: 'order',
  schema: z.object({ id: z.string(), cents: z.int() }),
  key: (body) => body.id,
})
type Order = z.infer<typeof order.schema>

const rows = [8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 21, 26, 28]
let queues: QueueEngine

const database = usePostgres<Database>(
  `create table orders (id text primary key, cents int check (cents >= 0));
   create table accounts (id text primary key, balance int not null)`,
)
const { execute, open } = database
beforeAll(async () => {
  const spec = { visibilityTimeout: 30, maxReceiveCount: 2 }
  const names = rows.map((row) => `row${row}`)
  queues = await startQueues({
    queues: [
      ...names.map((name) => ({ name, ...spec, deadLetterQueue: `${name}-dlq` })),
      { name: 'row27.fifo', ...spec, deadLetterQueue: 'row27-dlq.fifo' },
    ],
  })
})
afterAll(() => queues.stop())
beforeEach(async () => {
  await execute('delete from orders; delete from accounts; delete from spillway_inbox')
})

/** A handler that writes orders, one row for each. */
function writing(url?: string) {
  const db = open(url)
  onTestFinished(() => db.destroy())
  const row = ({ body }: MessageRecord<Order>) => body
  return batch(order, kyselyWriter({ db, insertInto: 'orders', row, conflict: 'id' }), quiet)
}

/** Writes one order, unless it is there. */
async function insert(db: Kysely<Database>, body: Order): Promise<void> {
  await db
    .insertInto('orders')
    .values(body)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute()
}

/** A handler that adds what an order costs to the balance of its account: an effect that must not come twice. */
function booking(url?: string, seconds = 0) {
  const db = open(url)
  onTestFinished(() => db.destroy())
  const writer = kyselyTransaction<Database, Order>({
    db,
    async transaction(trx, messages) {
      for (const { body } of messages) {
        await trx
          .insertInto('accounts')
          .values({ id: body.id, balance: body.cents })
          .onConflict((conflict) =>
            conflict.column('id').doUpdateSet({ balance: sql`accounts.balance + excluded.balance` }),
          )
          .execute()
      }
      await sql`select pg_sleep(${seconds})`.execute(trx)
    },
  })
  return batch(order, writer, quiet)
}
const quiet = { logger: silent }

function worker(row: number, options?: Parameters<typeof workerOf>[2]): Worker {
  const made = workerOf(queues, `row${row}`, options)
  onTestFinished(() => made.end())
  return made
}

const orders = (count: number) => Array.from({ length: count }, (_, n) => ({ id: `o${n}`, cents: n }))
const ids = async () => (await execute('select id from orders order by id')).map(({ id }) => id)
const isEmpty = { visible: 0, inFlight: 0, delayed: 0 }

describe('row 8', () => {
  it('a crash before COMMIT: the work is rolled back, and done by the next delivery', async () => {
    const lambda = worker(8)
    await lambda.send(order, ...orders(3))
    const event = await lambda.receive()
    const client = new pg.Client({ connectionString: database.server.functionsUrl })
    client.on('error', () => undefined)
    await client.connect()
    const inserted = Promise.withResolvers<void>()
    const crashing = batch(
      order,
      async (messages) => {
        await client.query('begin')
        for (const { body } of messages)
          await client.query('insert into orders values ($1, $2)', [body.id, body.cents])
        inserted.resolve()
        return new Promise(() => undefined)
      },
      quiet,
    )
    const dying = lambda.invoke(crashing, event, 2000)
    await inserted.promise
    await execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'")
    expect(await ids()).toStrictEqual([])
    await lambda.expire(event)
    const again = await lambda.receive()
    expect(again.Records.map(({ attributes }) => attributes.ApproximateReceiveCount)).toStrictEqual([
      '2',
      '2',
      '2',
    ])
    expect(await lambda.settle(again, await lambda.invoke(writing(), again))).toStrictEqual([])
    expect(await ids()).toStrictEqual(['o0', 'o1', 'o2'])
    await dying
  })
})

describe('what is done, and comes again', () => {
  it.each([
    [9, 'a crash after COMMIT, before the answer'],
    [10, 'an answer that Lambda cannot read, or that names an unknown record'],
    [11, 'a delete that fails'],
  ])('row %i, %s: the next delivery changes nothing', async (row) => {
    const lambda = worker(row)
    await lambda.send(order, ...orders(3))
    const event = await lambda.receive()
    const handler = booking()
    // The answer reaches nobody, in each of the three cases.
    expect(await lambda.invoke(handler, event)).toStrictEqual({ batchItemFailures: [] })
    const before = await execute('select * from accounts order by id')
    await lambda.expire(event)
    const again = await lambda.receive()
    expect(again.Records).toHaveLength(3)
    expect(await lambda.settle(again, await lambda.invoke(handler, again))).toStrictEqual([])
    expect(await execute('select * from accounts order by id')).toStrictEqual(before)
    expect(await queues.depth(`row${row}`)).toStrictEqual(isEmpty)
  })

  it('row 11, a second delivery of a standard queue at the same time: one effect', async () => {
    const lambda = worker(11)
    await lambda.send(order, ...orders(5))
    const event = await lambda.receive()
    const answers = await Promise.all([booking(), booking()].map((handler) => lambda.invoke(handler, event)))
    expect(answers).toStrictEqual([{ batchItemFailures: [] }, { batchItemFailures: [] }])
    expect(await execute('select sum(balance)::int as sum from accounts')).toStrictEqual([{ sum: 10 }])
  })
})

it('row 12, a visibility time-out that ends while the transaction runs: the second waits for the first, one effect', async () => {
  const lambda = worker(12)
  await lambda.send(order, { id: 'a', cents: 5 })
  const event = await lambda.receive()
  const first = lambda.invoke(booking(undefined, 0.5), event)
  await expect
    .poll(() =>
      execute("select 1 from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'"),
    )
    .toHaveLength(1)
  await lambda.expire(event)
  const again = await lambda.receive()
  expect(again.Records).toHaveLength(1)
  expect(await lambda.invoke(booking(), again)).toStrictEqual({ batchItemFailures: [] })
  expect(await first).toStrictEqual({ batchItemFailures: [] })
  expect(await execute('select balance from accounts')).toStrictEqual([{ balance: 5 }])
})

it('row 13, a database without a free connection: the records are held, and use up no receive', async () => {
  const lambda = worker(13)
  await lambda.send(order, ...orders(4))
  const event = await lambda.receive()
  // Otherwise the server ends those who take the connections before a busy machine has come to ask for one.
  await execute("alter role app set idle_session_timeout = '60s'")
  onTestFinished(async () => {
    await execute("alter role app set idle_session_timeout = '1s'")
  })
  const others: pg.Client[] = []
  const taking = async () => {
    for (;;) {
      const client = new pg.Client({ connectionString: database.server.functionsUrl })
      client.on('error', () => undefined)
      await client.connect()
      others.push(client)
    }
  }
  const refused = database.server.refusedConnections()
  await expect(taking()).rejects.toMatchObject({ code: '53300' })
  const db = open(database.server.functionsUrl)
  onTestFinished(() => db.destroy())
  const down = new Set<unknown>()
  // Without a writer that holds by itself: the core does.
  const handler = batch(
    order,
    eachRecord(async ({ body }) => {
      await insert(db, body)
      return done()
    }),
    {
      ...quiet,
      onError(error) {
        const code = 'code' in error ? error.code : undefined
        down.add(code)
        return retry({ unavailable: code === '53300', cause: error })
      },
    },
  )
  const held = [lambda.invoke(handler, event), lambda.invoke(writing(database.server.functionsUrl), event)]
  // Once here, and once in each of the two.
  await expect.poll(() => database.server.refusedConnections()).toBeGreaterThanOrEqual(refused + 3)
  await Promise.all(others.map((client) => client.end()))
  expect(await Promise.all(held)).toStrictEqual([{ batchItemFailures: [] }, { batchItemFailures: [] }])
  expect([...down]).toStrictEqual(['53300'])
  expect(await ids()).toHaveLength(4)
  const [message] = await queues.messages('row13')
  expect(message?.receiveCount).toBe(1)
})

it('row 14, a database that is down for more receives than a message has: all are in the dead-letter queue, and come back', async () => {
  const lambda = worker(14)
  await lambda.send(order, ...orders(2))
  const { port } = new URL(database.server.url)
  const down = writing(database.server.url.replace(`:${port}`, ':1'))
  for (let receive = 1; receive <= 2; receive++) {
    const event = await lambda.receive()
    expect(event.Records).toHaveLength(2)
    expect(await lambda.settle(event, await lambda.invoke(down, event, 1_500))).toHaveLength(2)
    await lambda.expire(event)
  }
  expect((await lambda.receive()).Records).toStrictEqual([])
  const copies = await queues.messages('row14-dlq')
  expect(copies.map(({ attributes }) => attributes['spillway.code'])).toStrictEqual([undefined, undefined])
  const redriven = copies.map(({ body }) => JSON.parse(body).body as Order)
  await lambda.send(order, ...redriven)
  const event = await lambda.receive()
  expect(await lambda.settle(event, await lambda.invoke(writing(), event))).toStrictEqual([])
  expect(await ids()).toStrictEqual(['o0', 'o1'])
})

it('row 15, a COMMIT whose answer is lost: the key decides, one effect', async () => {
  const lambda = worker(15)
  await lambda.send(order, { id: 'a', cents: 5 })
  await using proxy = await startCuttingProxy(database.server.url)
  const event = await lambda.receive()
  const handler = booking(proxy.url)
  proxy.cutNextCommit('answered')
  const failed = await lambda.settle(event, await lambda.invoke(handler, event))
  expect(proxy.cuts()).toBe(1)
  if (failed.length > 0) {
    await lambda.expire(event)
    const again = await lambda.receive()
    expect(await lambda.settle(again, await lambda.invoke(booking(), again))).toStrictEqual([])
  }
  expect(await execute('select balance from accounts')).toStrictEqual([{ balance: 5 }])
})

it('row 17, a poison record: a copy with its reason is parked, and its batch-mates are written', async () => {
  const lambda = worker(17)
  await lambda.send(order, { id: 'a', cents: 1 }, { id: 'bad', cents: -1 }, { id: 'c', cents: 3 })
  const event = await lambda.receive()
  expect(await lambda.settle(event, await lambda.invoke(writing(), event))).toStrictEqual([])
  expect(await ids()).toStrictEqual(['a', 'c'])
  const copies = await queues.messages('row17-dlq')
  expect(copies).toMatchObject([{ attributes: { 'spillway.code': '23514', 'spillway.receiveCount': '1' } }])
  expect(JSON.parse(copies[0]?.body ?? '')).toMatchObject({ key: 'bad' })
})

it('row 18, a table that is not there: nothing is parked, and all is written once it is', async () => {
  const lambda = worker(18)
  await lambda.send(order, ...orders(2))
  const db = open()
  onTestFinished(() => db.destroy())
  onTestFinished(() => execute('drop table if exists late').then(() => undefined))
  const row = ({ body }: MessageRecord<Order>) => ({ id: body.id })
  const handler = batch(order, kyselyWriter({ db, insertInto: 'late', row, conflict: 'id' }), quiet)
  const event = await lambda.receive()
  // The writer looks for the table until shortly before the time-out.
  expect(await lambda.settle(event, await lambda.invoke(handler, event, 1_500))).toHaveLength(2)
  expect(await queues.depth('row18-dlq')).toStrictEqual(isEmpty)
  expect(await queues.depth('row18')).toStrictEqual({ visible: 0, inFlight: 2, delayed: 0 })
  await execute('create table late (id text primary key)')
  await lambda.expire(event)
  const again = await lambda.receive()
  expect(await lambda.settle(again, await lambda.invoke(handler, again))).toStrictEqual([])
  expect(await execute('select id from late order by id')).toStrictEqual([{ id: 'o0' }, { id: 'o1' }])
})

it('row 21, a mapping without ReportBatchItemFailures: the invocation fails, and Lambda deletes nothing', async () => {
  const event = await sqsEvent(order, orders(3), { queue: 'row21' })
  const handler = batch(
    order,
    eachRecord<Order>(({ key }) => (key === 'o1' ? retry() : done())),
    { ...quiet, partialFailures: false, backoff: false },
  )
  const records = event.Records.map(({ messageId, body }) => ({
    id: messageId,
    lane: messageId,
    receiveCount: 1,
    body,
  }))
  const source = { records, park: async () => undefined, delay: async () => undefined }
  const context = { getRemainingTimeInMillis: () => 5000 }
  await expect(handler({ source }, context)).rejects.toMatchObject({ code: 'SPILLWAY_BATCH_FAILED' })
})

it('row 26, a large body that is gone: its claim is parked, and its batch-mates are written', async () => {
  const store = memoryClaimStore()
  const lambda = worker(26, { claimCheck: { store } })
  const client = new SQSClient({
    endpoint: queues.endpoint,
    region: queues.region,
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
  })
  onTestFinished(() => client.destroy())
  const target = sqsTarget({
    queueUrl: queues.queueUrl('row26'),
    client,
    claimCheck: claimCheck({ store, threshold: 1 }),
  })
  const { Records } = await sqsEvent(order, [{ id: 'gone', cents: 1 }])
  const limit = { signal: new AbortController().signal, remainingTime: () => 5000 }
  await target.send([{ key: 'gone', body: Records[0]?.body ?? '' }], limit)
  expect(store.texts.size).toBe(1)
  store.texts.clear()
  await lambda.send(order, { id: 'a', cents: 1 })
  const event = await lambda.receive()
  expect(await lambda.settle(event, await lambda.invoke(writing(), event))).toStrictEqual([])
  expect(await ids()).toStrictEqual(['a'])
  const copies = await queues.messages('row26-dlq')
  expect(copies).toMatchObject([{ attributes: { 'spillway.code': 'SPILLWAY_CLAIM_MISSING' } }])
})

it('row 27, a failure inside a FIFO group: the rest of its group stays behind it, other groups go on', async () => {
  const grouped = defineMessage({ ...order, group: (body: Order) => body.id.slice(0, 1) })
  const inputs = ['a1', 'b1', 'a2', 'b2', 'a3'].map((id) => ({ id, cents: 1 }))
  const event = await sqsEvent(grouped, inputs, { queue: 'row27.fifo' })
  const written: string[] = []
  let isUp = false
  const handler = batch(
    grouped,
    eachRecord<Order>(({ key }) => {
      if (key === 'a2' && !isUp) return retry()
      written.push(key)
      return done()
    }),
    { ...quiet, backoff: false },
  )
  const lambda = workerOf(queues, 'row27.fifo', { deadLetterQueueUrl: queues.queueUrl('row27-dlq.fifo') })
  onTestFinished(() => lambda.end())
  const { batchItemFailures } = await lambda.invoke(handler, event)
  const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
  const left = event.Records.filter(({ messageId }) => failed.has(messageId))
  expect(left.map(({ body }) => JSON.parse(body).key)).toStrictEqual(['a2', 'a3'])
  isUp = true
  expect(await lambda.invoke(handler, { Records: left })).toStrictEqual({ batchItemFailures: [] })
  expect(written.filter((id) => id.startsWith('a'))).toStrictEqual(['a1', 'a2', 'a3'])
})

it('row 28, code that runs on after its invocation: it is told to stop, and what it commits late counts once', async () => {
  const lambda = worker(28)
  await lambda.send(order, { id: 'a', cents: 5 })
  const event = await lambda.receive()
  const db = open()
  onTestFinished(() => db.destroy())
  const late = Promise.withResolvers<boolean>()
  const go = Promise.withResolvers<void>()
  const slow = batch(
    order,
    eachRecord(async ({ body }, { signal }) => {
      await go.promise
      await insert(db, body)
      late.resolve(signal.aborted)
      return done()
    }),
    quiet,
  )
  expect(await lambda.settle(event, await lambda.invoke(slow, event, 400))).toHaveLength(1)
  await lambda.expire(event)
  const again = await lambda.receive()
  go.resolve()
  expect(await lambda.settle(again, await lambda.invoke(writing(), again))).toStrictEqual([])
  expect(await late.promise).toBe(true)
  expect(await ids()).toStrictEqual(['a'])
})
