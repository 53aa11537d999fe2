import { gzipSync } from 'node:zlib'
import { KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis'
import { PurgeQueueCommand, type SQSClient } from '@aws-sdk/client-sqs'
import middy from '@middy/core'
import { batch } from '@spillway/batch'
import { kinesisPartialBatchFailure, kinesisRecordOf, kinesisSource } from '@spillway/kinesis'
import { sqsDeadLetter } from '@spillway/kinesis/sqs'
import {
  connectionLimit,
  inboxMigration,
  kyselyParkedStore,
  kyselyTransaction,
  kyselyWriter,
  parkedMigration,
  postgresPool,
} from '@spillway/kysely'
import {
  type Postgres,
  type QueueEngine,
  type Reaper,
  type StreamEngine,
  startPostgres,
  startQueues,
  startReaper,
  startStreams,
} from '@spillway/local/testing'
import { encodeMessage, envelope, firstOf, gzipped, plainJson, type Writer } from '@spillway/message'
import type { Context, KinesisStreamRecord } from 'aws-lambda'
import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { clientOf } from '../testing/dead-letters.ts'
import { inProcess } from '../testing/in-process.ts'
import { posting } from '../testing/posting-message.ts'

// From a stream through the handler into Postgres, into the dead-letter queue, and back: one effect of each record, whether
// it is an envelope, another text, or bytes that are no text.

interface Tables {
  postings: { id: string; amount: number }
}
type Posting = { id: string; amount: number }

let reaper: Reaper
let postgres: Postgres
let queues: QueueEngine
let streams: StreamEngine
let sqs: SQSClient
let kinesis: KinesisClient
let db: Kysely<Tables>

beforeAll(async () => {
  reaper = await startReaper()
  postgres = await startPostgres({ maxConnections: 20, reserved: 3, databaseName: 'test', reaper })
  queues = await startQueues({
    queues: [{ name: 'dead', visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 0 }],
  })
  streams = await startStreams({ streams: [{ name: 'postings', shards: 1 }], region: 'us-east-1' })
  sqs = clientOf(queues)
  kinesis = new KinesisClient({
    endpoint: streams.endpoint,
    region: streams.region,
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
  })
  db = new Kysely<Tables>({
    dialect: new PostgresDialect({
      pool: postgresPool({
        Pool: pg.Pool,
        connectionString: postgres.url,
        limit: connectionLimit({ connections: 1 }),
      }),
    }),
  })
  await sql`create table postings (id text primary key, amount int not null)`.execute(db)
  await inboxMigration().up(db as unknown as Kysely<never>)
  await parkedMigration().up(db as unknown as Kysely<never>)
})
afterAll(async () => {
  await db.destroy()
  sqs.destroy()
  kinesis.destroy()
  await streams.stop()
  await queues.stop()
  await postgres.stop()
  await reaper.stop()
})
beforeEach(async () => {
  vi.stubEnv('AWS_ENDPOINT_URL_KINESIS', streams.endpoint)
  vi.stubEnv('AWS_REGION', streams.region)
  await sql`truncate postings, spillway_inbox, spillway_parked`.execute(db)
  await sql`alter table postings drop constraint if exists positive`.execute(db)
  await sql`alter table postings add constraint positive check (amount >= 0)`.execute(db)
})
afterEach(() => void vi.unstubAllEnvs())

let read = 0

/** Lets the function handle what has come into the stream. */
async function handle(writer: Writer<Posting>, parked: boolean): Promise<void> {
  const records = streams.records('postings').slice(read)
  read += records.length
  const Records = records.map(
    ({ shardId, sequenceNumber, partitionKey, data, approximateArrivalTimestamp }) =>
      ({
        kinesis: {
          sequenceNumber,
          partitionKey,
          data: Buffer.from(data).toString('base64'),
          approximateArrivalTimestamp: approximateArrivalTimestamp / 1000,
        },
        eventID: `${shardId}:${sequenceNumber}`,
        eventSource: 'aws:kinesis',
        eventSourceARN: streams.streamArn('postings'),
      }) as KinesisStreamRecord,
  )
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const handler = middy()
    .use(kinesisPartialBatchFailure())
    .use(
      kinesisSource({
        deadLetter: sqsDeadLetter({ queueUrl: queues.queueUrl('dead'), client: sqs }),
        decode: firstOf(envelope(), gzipped(plainJson()), plainJson()),
        ...(parked && { parked: kyselyParkedStore({ db }) }),
        logger,
      }),
    )
    .handler(batch(posting, writer, { logger }))
  const context = { getRemainingTimeInMillis: () => 60_000 } as Context
  expect(await handler({ Records } as never, context)).toStrictEqual({ batchItemFailures: [] })
}

/** The data of records that came to a writer, as the handler finds it. */
let seen: string[] = []

const transaction = () =>
  kyselyTransaction<Tables, Posting>({
    db,
    async transaction(trx, messages) {
      seen.push(...messages.map((message) => kinesisRecordOf(message).kinesis.data))
      for (const { body } of messages) await trx.insertInto('postings').values(body).execute()
    },
  })
const insert = () =>
  kyselyWriter<Tables, 'postings', Posting>({
    db,
    insertInto: 'postings',
    row: (message) => {
      seen.push(kinesisRecordOf(message).kinesis.data)
      return message.body
    },
    conflict: 'id',
  })

const put = (data: Uint8Array) =>
  kinesis.send(new PutRecordCommand({ StreamName: 'postings', PartitionKey: 'account', Data: data }))
const redrive = () =>
  inProcess(['redrive', queues.queueUrl('dead'), '--to-stream', 'postings', '--rate', '1000', '--execute'])
const base64 = (data: Uint8Array) => Buffer.from(data).toString('base64')

it.each([
  ['an inbox', transaction, false],
  ['a parked store', insert, true],
])(
  'writes each redriven record once, as it was, where %s knows it as parked',
  async (_, toWriter, parked) => {
    const body = (id: string) => ({ id, amount: -1 })
    const text = encodeMessage({ name: 'posting', version: 1, key: 'e', time: new Date(0), body: body('e') })
    const readable = [
      Buffer.from(text),
      gzipSync(JSON.stringify(body('g'))),
      Buffer.from(JSON.stringify(body('p'), undefined, 1)),
    ]
    const unreadable = Buffer.from([255, 0, 10])
    for (const data of [...readable, unreadable]) await put(data)
    await handle(toWriter(), parked)
    expect(await queues.messages('dead')).toHaveLength(4)

    // The cause is not gone: all are parked anew, and no copy is lost.
    expect(await redrive()).toMatchObject({ code: 0, stdout: 'Redriven 4 copies to postings.\n' })
    await handle(toWriter(), parked)
    expect(await queues.messages('dead')).toHaveLength(4)
    expect(await db.selectFrom('postings').selectAll().execute()).toStrictEqual([])

    await sql`alter table postings drop constraint positive`.execute(db)
    seen = []
    expect((await redrive()).code).toBe(0)
    await handle(toWriter(), parked)
    expect(await db.selectFrom('postings').selectAll().orderBy('id').execute()).toStrictEqual(
      ['e', 'g', 'p'].map(body),
    )
    const came = new Set(seen.map((data) => Buffer.from(data, 'base64').toString('latin1')))
    const marked = text.replace(/}$/, ',"redriveOf":"[0-9]+"}')
    expect(came.size).toBe(3)
    expect([...came].some((data) => new RegExp(`^${marked}$`).test(data))).toBe(true)
    for (const data of readable.slice(1)) expect(seen).toContain(base64(data))
    // What cannot be read is parked a third time, byte for byte.
    expect(await queues.messages('dead')).toMatchObject([{ body: base64(unreadable) }])
    await sqs.send(new PurgeQueueCommand({ QueueUrl: queues.queueUrl('dead') }))
  },
)
