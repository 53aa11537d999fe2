import { kyselyWriter } from '@spillway/kysely'
import { type QueueEngine, startQueues } from '@spillway/local/testing'
import { defineMessage, type MessageRecord } from '@spillway/message'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { batch } from './index.ts'
import { usePostgres } from './testing/postgres.ts'
import { silent } from './testing/virtual-run.ts'
import { workerOf } from './testing/worker.ts'

// What no code can help: see docs/reference/failure-matrix.md, row 16.

interface Database {
  orders: { id: string }
}
const order = defineMessage({
  name: 'order',
  schema: z.object({ id: z.string() }),
  key: (body) => body.id,
})

let queues: QueueEngine
// It commits before its log is written, as a primary does whose replica takes over before it has the commit.
const database = usePostgres<Database>(
  'set synchronous_commit = on; create table orders (id text primary key)',
  {
    maxConnections: 12,
    settings: { synchronous_commit: 'off' },
  },
)
beforeAll(async () => {
  const spec = { visibilityTimeout: 30, maxReceiveCount: 2, deadLetterQueue: 'row16-dlq' }
  queues = await startQueues({ queues: [{ name: 'row16', ...spec }] })
})
afterAll(() => queues.stop())

const ids = async () => (await database.execute('select id from orders')).map(({ id }) => id)
const isEmpty = { visible: 0, inFlight: 0, delayed: 0 }

it('row 16, a database that loses a commit after its message was deleted: the message is lost', async () => {
  const lambda = workerOf(queues, 'row16')
  onTestFinished(() => lambda.end())
  const db = database.open()
  onTestFinished(() => db.destroy())
  const row = ({ body }: MessageRecord<Database['orders']>) => body
  const writer = kyselyWriter({ db, insertInto: 'orders', row, conflict: 'id' })
  await stopLogWriter()

  await lambda.send(order, { id: 'a' })
  const event = await lambda.receive()
  const answer = await lambda.invoke(batch(order, writer, { logger: silent }), event)
  expect(await lambda.settle(event, answer)).toStrictEqual([])
  expect(await ids()).toStrictEqual(['a'])

  await database.server.crash()
  await database.server.start()
  expect(await ids()).toStrictEqual([])
  expect(await queues.depth('row16')).toStrictEqual(isEmpty)
  expect(await queues.depth('row16-dlq')).toStrictEqual(isEmpty)
})

/** Keeps the process of Postgres that writes the log from doing so. The crash ends it. */
async function stopLogWriter(): Promise<void> {
  const [found] = await database.execute("select pid from pg_stat_activity where backend_type = 'walwriter'")
  process.kill(Number(found?.pid), 'SIGSTOP')
}
