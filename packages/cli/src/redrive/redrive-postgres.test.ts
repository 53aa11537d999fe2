import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ListMessageMoveTasksCommand,
  ReceiveMessageCommand,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs'
import middy from '@middy/core'
import { batch } from '@spillway/batch'
import { connectionLimit, inboxMigration, kyselyTransaction, postgresPool } from '@spillway/kysely'
import {
  type Postgres,
  type QueueEngine,
  type Reaper,
  startPostgres,
  startQueues,
  startReaper,
} from '@spillway/local/testing'
import { encodeMessage } from '@spillway/message'
import { sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import type { Context, SQSEvent } from 'aws-lambda'
import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { clientOf, receive, send, toRecord } from '../testing/dead-letters.ts'
import { type SqsFault, startFaultySqs } from '../testing/faulty-sqs.ts'
import { inProcess } from '../testing/in-process.ts'
import { posting } from '../testing/posting-message.ts'

// From a queue through the handler into Postgres, into the dead-letter queue, and back: one effect, whatever fails.

interface Tables {
  balance: { total: number }
  postings: { id: string; amount: number }
}

let reaper: Reaper
let postgres: Postgres
let queues: QueueEngine
let client: SQSClient
let db: Kysely<Tables>

beforeAll(async () => {
  reaper = await startReaper()
  postgres = await startPostgres({ maxConnections: 20, reserved: 3, databaseName: 'test', reaper })
  const plain = { visibilityTimeout: 30, maxReceiveCount: 5 }
  queues = await startQueues({ queues: [{ name: 'from', ...plain, deadLetterQueue: 'dead' }] })
  client = clientOf(queues)
  db = new Kysely<Tables>({
    dialect: new PostgresDialect({
      pool: postgresPool({
        Pool: pg.Pool,
        connectionString: postgres.url,
        limit: connectionLimit({ connections: 1 }),
      }),
    }),
  })
  await sql`create table balance (total int not null)`.execute(db)
  await sql`create table postings (id text primary key, amount int not null)`.execute(db)
  await inboxMigration().up(db as unknown as Kysely<never>)
})
afterAll(async () => {
  await db.destroy()
  client.destroy()
  await queues.stop()
  await postgres.stop()
  await reaper.stop()
})
beforeEach(async () => {
  await sql`truncate balance, postings, spillway_inbox`.execute(db)
  await sql`insert into balance values (0)`.execute(db)
  await sql`alter table postings drop constraint if exists positive`.execute(db)
  await sql`alter table postings add constraint positive check (amount >= 0)`.execute(db)
})

const writer = () =>
  kyselyTransaction<Tables, { id: string; amount: number }>({
    db,
    async transaction(trx, messages) {
      for (const { body } of messages) {
        await trx.insertInto('postings').values(body).execute()
        await trx
          .updateTable('balance')
          .set((eb) => ({ total: eb('total', '+', body.amount) }))
          .execute()
      }
    },
  })

/**
 * Lets the function handle what is in the queue, until the queue is empty, as Lambda does.
 *
 * @param keeps whether to handle messages once and leave them in the queue, as when Lambda cannot delete them
 */
async function drain(keeps = false): Promise<number> {
  const [from, dead] = [queues.queueUrl('from'), queues.queueUrl('dead')]
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const handler = middy()
    .use(sqsPartialBatchFailure())
    .use(sqsSource({ queueUrl: from, deadLetterQueueUrl: dead, client, logger }))
    .handler(batch(posting, writer(), { logger }))
  let handled = 0
  for (;;) {
    const messages = await receive(client, from)
    if (messages.length === 0) return handled
    const event: SQSEvent = { Records: messages.map((message) => toRecord(message, from)) }
    const context = { getRemainingTimeInMillis: () => 60_000 } as Context
    const answer = (await handler(event as never, context)) as {
      readonly batchItemFailures: readonly object[]
    }
    expect(answer.batchItemFailures).toStrictEqual([])
    handled += messages.length
    if (keeps) {
      await Promise.all(messages.map(({ ReceiptHandle }) => show(from, ReceiptHandle)))
      return handled
    }
    for (const { ReceiptHandle } of messages)
      await client.send(new DeleteMessageCommand({ QueueUrl: from, ReceiptHandle }))
  }
}

const show = (QueueUrl: string, ReceiptHandle: string | undefined) =>
  client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }))

const put = (id: string, amount: number) =>
  send(
    client,
    queues.queueUrl('from'),
    encodeMessage({ name: 'posting', version: 1, key: id, time: new Date(0), body: { id, amount } }),
  )

async function written() {
  const { rows } = await sql<{ total: number; postings: number; parked: number }>`
    select total, (select count(*)::int from postings) as postings,
      (select count(*)::int from spillway_inbox where parked is not null) as parked
    from balance
  `.execute(db)
  return rows[0]
}

async function faulty(plan: Readonly<Record<string, readonly SqsFault[]>>): Promise<string> {
  const server = await startFaultySqs(queues, (action, time) => plan[action]?.[time] ?? 'ok')
  onTestFinished(() => server.stop())
  return server.queueUrl('dead')
}

it('writes each redriven message once, though the answer to a send is lost and a copy is not deleted', async () => {
  for (const [id, amount] of [
    ['a', 1],
    ['b', -10],
    ['c', -100],
  ] as const)
    await put(id, amount)
  await drain()
  expect(await written()).toStrictEqual({ total: 1, postings: 1, parked: 2 })
  expect(await queues.messages('dead')).toHaveLength(2)

  await sql`alter table postings drop constraint positive`.execute(db)
  const dead = await faulty({ SendMessageBatch: ['lost'], DeleteMessageBatch: ['denied'] })
  const args = ['--execute', '--rate', '1000']
  expect((await inProcess(['redrive', dead, ...args])).code).toBe(1)
  expect(await drain()).toBe(4)
  expect(await written()).toStrictEqual({ total: -109, postings: 3, parked: 0 })

  // The copies that were not deleted go back once more.
  expect((await inProcess(['redrive', dead, ...args])).code).toBe(0)
  expect(await drain()).toBe(2)
  expect(await written()).toStrictEqual({ total: -109, postings: 3, parked: 0 })
  expect(await queues.messages('dead')).toStrictEqual([])
})

it('writes an edited message once: its key opens, though its body is another one', async () => {
  await put('d', -7)
  await drain()
  expect(await written()).toStrictEqual({ total: 0, postings: 0, parked: 1 })

  const folder = await mkdtemp(join(tmpdir(), 'spillway-outside-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const script = join(folder, 'edit.mjs')
  await writeFile(
    script,
    `import { readFileSync, writeFileSync } from 'node:fs'
     const file = process.argv[2]
     writeFileSync(file, readFileSync(file, 'utf8').replace('-7', '7'))`,
  )
  vi.stubEnv('VISUAL', `'${process.execPath}' '${script}'`)
  vi.stubEnv('XDG_STATE_HOME', folder)
  onTestFinished(() => void vi.unstubAllEnvs())
  const message = `${join(import.meta.dirname, '..', 'testing', 'posting-message.ts')}#posting`
  const dead = await faulty({ SendMessageBatch: ['lost'] })
  const { code, stderr } = await inProcess(['redrive', dead, '--execute', '--edit', '--message', message])
  expect({ code, stderr }).toStrictEqual({ code: 0, stderr: expect.stringMatching(/^Editing .+, key d\n$/) })
  expect(await drain()).toBe(2)
  expect(await written()).toStrictEqual({ total: 7, postings: 1, parked: 0 })
  expect(await queues.messages('dead')).toStrictEqual([])
})

it('writes a message once whose copy was packed, for its ten attributes or its size', async () => {
  const text = (id: string, amount: number, note: string) =>
    encodeMessage({ name: 'posting', version: 1, key: id, time: new Date(0), body: { id, amount, note } })
  const ten = Object.fromEntries(
    Array.from({ length: 10 }, (_, n) => [`a${n}`, { DataType: 'String', StringValue: String(n) }]),
  )
  const long = 'x'.repeat(1_048_576 - text('long', -2, '').length)
  await send(client, queues.queueUrl('from'), text('ten', -1, ''), { attributes: ten })
  await send(client, queues.queueUrl('from'), text('long', -2, long))
  await drain()
  expect(await written()).toStrictEqual({ total: 0, postings: 0, parked: 2 })
  for (const { attributes, body } of await queues.messages('dead')) {
    expect(attributes['spillway.code']).toBe('23514')
    expect(body.length).toBeLessThan(1000)
  }

  await sql`alter table postings drop constraint positive`.execute(db)
  expect((await inProcess(['redrive', queues.queueUrl('dead'), '--execute', '--rate', '1000'])).code).toBe(0)
  // They stay packed, because the mark has no room beside them, and the source unpacks them.
  expect(await queues.messages('from')).toHaveLength(2)
  expect(await drain()).toBe(2)
  expect(await written()).toStrictEqual({ total: -3, postings: 2, parked: 0 })
  expect(await queues.messages('dead')).toStrictEqual([])
})

describe('the move task of SQS', () => {
  const patient = { timeout: 15_000 }
  /** Lets SQS move all messages to the dead-letter queue, as it does when the function never ends well. */
  async function bury(): Promise<void> {
    const QueueUrl = queues.queueUrl('from')
    const receiveAll = () =>
      client.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 }))
    await vi.waitFor(async () => {
      await receiveAll()
      expect(await queues.messages('from')).toStrictEqual([])
    }, patient)
  }

  /** Moves all messages of the dead-letter queue. Answers what became of the task. */
  async function move(to?: string) {
    const SourceArn = queues.queueArn('dead')
    const destination = to === undefined ? {} : { DestinationArn: queues.queueArn(to) }
    await client.send(new StartMessageMoveTaskCommand({ SourceArn, ...destination }))
    return vi.waitFor(async () => {
      const { Results = [] } = await client.send(new ListMessageMoveTasksCommand({ SourceArn }))
      expect(Results[0]?.Status).not.toBe('RUNNING')
      return Results[0]
    }, patient)
  }

  it('brings back what SQS itself moved, and each message is written once', async () => {
    await put('written', 3)
    // Its effect is committed, and it is delivered again and again all the same.
    await drain(true)
    expect(await written()).toStrictEqual({ total: 3, postings: 1, parked: 0 })
    await put('unwritten', 4)
    await bury()
    expect(await queues.messages('dead')).toHaveLength(2)

    expect(await move()).toMatchObject({ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 2 })
    expect(await drain()).toBe(2)
    expect(await written()).toStrictEqual({ total: 7, postings: 2, parked: 0 })
    expect(await queues.messages('dead')).toStrictEqual([])
  })

  it('opens the keys of what was parked, if it is told where it goes', async () => {
    await put('e', -5)
    await put('f', -6)
    await drain()
    expect(await written()).toStrictEqual({ total: 0, postings: 0, parked: 2 })
    await sql`alter table postings drop constraint positive`.execute(db)

    // The function sent the copies: SQS knows of no queue that they came from.
    expect(await move()).toMatchObject({ Status: 'FAILED', FailureReason: 'CouldNotDetermineMessageSource' })
    expect(await queues.messages('dead')).toHaveLength(2)
    expect(await move('from')).toMatchObject({ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 2 })
    expect(await drain()).toBe(2)
    expect(await written()).toStrictEqual({ total: -11, postings: 2, parked: 0 })
    // Once more: the same copies, whose keys are written.
    await put('e', -5)
    await drain()
    expect(await written()).toStrictEqual({ total: -11, postings: 2, parked: 0 })
  })

  it('parks again what still cannot be written, with one copy and its new reason', async () => {
    await put('g', -7)
    await drain()
    expect(await move('from')).toMatchObject({ Status: 'COMPLETED' })
    await drain()
    expect(await written()).toStrictEqual({ total: 0, postings: 0, parked: 1 })
    const copies = await queues.messages('dead')
    expect(copies).toHaveLength(1)
    expect(copies[0]?.attributes).toMatchObject({ 'spillway.code': '23514' })
    expect((await inProcess(['redrive', queues.queueUrl('dead'), '--execute'])).code).toBe(0)
    await sql`alter table postings drop constraint positive`.execute(db)
    await drain()
    expect(await written()).toStrictEqual({ total: -7, postings: 1, parked: 0 })
  })
})
