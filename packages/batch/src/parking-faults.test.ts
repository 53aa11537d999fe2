import { SQSClient } from '@aws-sdk/client-sqs'
import { kyselyParkedStore, kyselyTransaction, kyselyWriter, parkedMigration } from '@spillway/kysely'
import { type QueueEngine, startQueues } from '@spillway/local/testing'
import { defineMessage, type MessageRecord } from '@spillway/message'
import { type Kysely, sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, expect, inject, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { seeded } from '../../sqs/src/testing/faulty-endpoint.ts'
import { type BatchHandler, batch } from './index.ts'
import { usePostgres } from './testing/postgres.ts'
import { silent } from './testing/virtual-run.ts'
import { type Worker, workerOf } from './testing/worker.ts'

// Parking under faults: each key ends as one effect or one copy, whatever fails. Schedules are made from seeds.

interface Database {
  accounts: { id: string; balance: number }
  postings: { id: string; account: string; cents: number }
}
const transfer = defineMessage({
  name: 'transfer',
  schema: z.object({ id: z.string(), cents: z.int() }),
  key: (body) => body.id,
})
type Transfer = z.infer<typeof transfer.schema>

const soak = inject('soak')
const seeds = soak ? [2, 3, 4, 5] : [1]
const writers = ['transaction', 'writer'] as const
let queues: QueueEngine

const database = usePostgres<Database>(`
  create table accounts (id text primary key, balance int constraint solvent check (balance >= 0));
  create table postings (id text primary key, account text, cents int constraint funded check (cents >= -1000000))`)
const { execute, open } = database
beforeAll(async () => {
  const spec = { visibilityTimeout: 600, maxReceiveCount: 1000 }
  queues = await startQueues({
    queues: writers.flatMap((writer) =>
      seeds.map((seed) => ({ name: `${writer}${seed}`, ...spec, deadLetterQueue: `${writer}${seed}-dlq` })),
    ),
  })
  const db = open()
  await parkedMigration().up(db)
  await db.destroy()
})
afterAll(() => queues.stop())

/** Applies a transfer: refused where the account has too little, which a later deposit changes. */
async function post(trx: Kysely<Database>, messages: readonly MessageRecord<Transfer>[]): Promise<void> {
  for (const { key, body } of messages) {
    await trx.insertInto('postings').values({ id: key, account: 'a', cents: body.cents }).execute()
    await trx
      .updateTable('accounts')
      .set({ balance: sql`balance + ${body.cents}` })
      .where('id', '=', 'a')
      .execute()
  }
}

function handlerOf(writer: (typeof writers)[number], db: Kysely<Database>): BatchHandler {
  const quiet = { logger: silent, backoff: false, hold: false } as const
  const row = ({ key, body }: MessageRecord<Transfer>) => ({ id: key, account: 'a', cents: body.cents })
  return writer === 'transaction'
    ? batch(transfer, kyselyTransaction<Database, Transfer>({ db, transaction: post }), quiet)
    : batch(transfer, kyselyWriter({ db, insertInto: 'postings', row, conflict: 'id' }), quiet)
}

/** What makes the refused ones acceptable, so that a second delivery would have an effect. */
const relief = {
  transaction: `update accounts set balance = 1000000`,
  writer: 'alter table postings drop constraint if exists funded',
}
/** What refuses again those that come later. */
const strain = {
  transaction: 'update accounts set balance = 0',
  writer: `alter table postings drop constraint if exists funded;
    alter table postings add constraint funded check (cents >= 0) not valid`,
}

/** The table of reasons while an invocation runs. */
async function withTable<Result>(fault: string, run: () => Promise<Result>): Promise<Result> {
  if (fault === 'missing') {
    await execute('alter table spillway_parked rename to elsewhere')
    return run().finally(() => execute('alter table elsewhere rename to spillway_parked'))
  }
  if (fault !== 'locked') return run()
  const locker = new pg.Client({ connectionString: database.server.url })
  await locker.connect()
  await locker.query('begin; lock table spillway_parked in access exclusive mode')
  return run().finally(() => locker.end())
}

async function copies(queue: string): Promise<readonly string[]> {
  return (await queues.messages(`${queue}-dlq`)).map(({ body }) => JSON.parse(body).key)
}

/** A client that does not reach the dead-letter queue now and then. */
function unreliable(random: () => number, isFaulty: () => boolean): SQSClient {
  const credentials = { accessKeyId: 'x', secretAccessKey: 'y' }
  const client = new SQSClient({ endpoint: queues.endpoint, region: queues.region, credentials })
  onTestFinished(() => client.destroy())
  const send: SQSClient['send'] = client.send.bind(client)
  client.send = (async (...args: Parameters<typeof send>) => {
    if (isFaulty() && random() < 0.2) throw new Error('the dead-letter queue cannot be reached')
    return send(...args)
  }) as typeof client.send
  return client
}

it.each(writers.flatMap((writer) => seeds.map((seed) => [writer, seed] as const)))(
  'ends with one effect or one copy for each key: %s, seed %d',
  async (writer, seed) => {
    await execute(`truncate postings, accounts, spillway_inbox, spillway_parked; ${strain[writer]};
      insert into accounts values ('a', 0)`)
    const random = seeded(seed)
    const queue = `${writer}${seed}`
    const db = open()
    let faulty = true
    const parked = kyselyParkedStore({ db, random })
    const worker = workerOf(queues, queue, { parked, client: unreliable(random, () => faulty) })
    onTestFinished(async () => {
      worker.end()
      await db.destroy()
    })
    const handler = handlerOf(writer, db)
    const keys = Array.from({ length: soak ? 24 : 15 }, (_, n) => `k${n}`)
    const bodyOf = (id: string) => ({ id, cents: Number(id.slice(1)) % 3 === 0 ? 1 : -100 })
    await worker.send(transfer, ...keys.map(bodyOf))

    for (let step = 0; step < (soak ? 25 : 20); step++) {
      const mood = random()
      if (mood < 0.3) await execute(relief[writer])
      else if (mood < 0.5) await execute(strain[writer])
      if (random() < 0.3) await worker.redrive()
      // A client repeats its request. A row has its own table for that, the inbox knows the key.
      if (writer === 'transaction' && random() < 0.3) {
        await worker.send(transfer, bodyOf(keys[Math.floor(random() * keys.length)] ?? 'k0'))
      }
      const fault = random() < 0.25 ? 'missing' : random() < 0.08 ? 'locked' : 'none'
      await deliver(worker, handler, { fault, random, failedDeletes: 0.3 })
    }
    faulty = false
    for (let step = 0; step < 10; step++) {
      await deliver(worker, handler, { fault: 'none', random: () => 0.999, failedDeletes: 0 })
    }

    expect(await queues.depth(queue)).toEqual({ visible: 0, inFlight: 0, delayed: 0 })
    const effects = (await execute('select id from postings')).map(({ id }) => String(id))
    const ledger = [...effects, ...(await copies(queue))].sort()
    expect(ledger).toEqual([...keys].sort())
    expect(new Set(effects).size).toBe(effects.length)
  },
)

interface Delivery {
  readonly fault: string
  readonly random: () => number
  readonly failedDeletes: number
}

/** One invocation with some of what is visible. Of what it took care of, some deletes fail. */
async function deliver(worker: Worker, handler: BatchHandler, delivery: Delivery): Promise<void> {
  const { fault, random, failedDeletes } = delivery
  const all = await worker.receive()
  const [taken, left] = [{ Records: all.Records.filter(() => random() >= 0.4) }, all]
  if (taken.Records.length > 0) {
    const time = fault === 'locked' ? 1_500 : 20_000
    const response = await withTable(fault, () => worker.invoke(handler, taken, time))
    const lost = taken.Records.filter(() => random() < failedDeletes).map(({ messageId }) => messageId)
    const failures = [...response.batchItemFailures, ...lost.map((itemIdentifier) => ({ itemIdentifier }))]
    const kept = new Set(await worker.settle(taken, { batchItemFailures: failures }))
    const gone = taken.Records.filter(({ messageId }) => !kept.has(messageId))
    await worker.expire({ Records: left.Records.filter((record) => !gone.includes(record)) })
  } else {
    await worker.expire(left)
  }
}
