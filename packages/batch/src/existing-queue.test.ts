import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import {
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { startLocal } from '@spillway/local'
import { createMessage, encodeMessage } from '@spillway/message'
import { defineApp } from '@spillway/planner'
import { sqsTarget } from '@spillway/sqs'
import pg from 'pg'
import { expect, it, onTestFinished } from 'vitest'
import { order } from './testing/existing-queue/messages.ts'

// A queue with producers of every kind, from the client of the SDK, through a function of the local Lambda into Postgres.

const app = defineApp({
  name: 'existing-queue',
  database: { engine: 'postgres', maxConnections: 12, reserved: 4, migrations: './migrations' },
  functions: {
    write: {
      entry: './write.ts',
      queue: 'orders',
      batchSize: 10,
      maximumConcurrency: 2,
      connections: 1,
      timeout: 10,
      environment: ({ queueUrl, databaseUrl }) => ({
        QUEUE_URL: queueUrl('orders'),
        DEAD_LETTER_QUEUE_URL: queueUrl('orders-dlq'),
        DATABASE_URL: databaseUrl,
      }),
    },
  },
})

async function start() {
  const local = await startLocal({
    app,
    folder: fileURLToPath(new URL('./testing/existing-queue', import.meta.url)),
  })
  onTestFinished(() => local.stop())
  const sql = new pg.Client({ connectionString: local.database?.url })
  await sql.connect()
  onTestFinished(() => sql.end())
  const client = new SQSClient({
    endpoint: local.queues.endpoint,
    region: local.queues.region,
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
  })
  onTestFinished(() => client.destroy())
  return { local, sql, client, queueUrl: local.queues.queueUrl('orders') }
}

const sns = {
  Type: 'Notification',
  MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
  TopicArn: 'arn:aws:sns:us-west-2:123456789012:MyTopic',
  Message: JSON.stringify({ id: 'sns', customer: 'ada' }),
  Timestamp: '2026-01-02T03:04:05.678Z',
}
const eventBridge = {
  version: '0',
  id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
  'detail-type': 'Order Placed',
  source: 'shop',
  time: '2026-01-02T03:04:05Z',
  detail: { id: 'event', customer: 'bob' },
}
const s3 = {
  Records: [
    {
      eventSource: 'aws:s3',
      eventTime: '2026-01-02T03:04:05.678Z',
      eventName: 'ObjectCreated:Put',
      s3: { bucket: { name: 'photos' }, object: { key: 'a.jpg', sequencer: '0055AED6DCD90281E5' } },
    },
  ],
}
const good = [
  '{"id":"plain","customer":"eve"}',
  '{"type":"order.placed","id":"typed","customer":"eve"}',
  JSON.stringify(sns),
  JSON.stringify({ ...sns, MessageId: 'again' }),
  JSON.stringify(eventBridge),
  JSON.stringify(s3),
  JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'photos' }),
]
const junk = [
  ['text', 'SPILLWAY_MESSAGE_UNREADABLE'],
  ['{"id":5,"customer":"eve"}', 'SPILLWAY_BODY_INVALID'],
  ['{"type":"order.returned","id":"x"}', 'SPILLWAY_MESSAGE_UNKNOWN'],
  ['{"spillway":1,"name":"order.placed"}', 'SPILLWAY_ENVELOPE_INVALID'],
  [JSON.stringify({ ...sns, Message: ' \u00e9\ud83d\ude80 ' }), 'SPILLWAY_MESSAGE_UNREADABLE'],
  [JSON.stringify({ ...eventBridge, id: undefined }), 'SPILLWAY_MESSAGE_UNREADABLE'],
] as const

it('writes what producers of every kind send, and parks what nobody can read as it came', async () => {
  const { local, sql, client, queueUrl } = await start()
  const limit = { signal: new AbortController().signal, remainingTime: () => 10_000 }
  const body = encodeMessage(createMessage(order, { id: 'ours', customer: 'zoe' }, { time: new Date(0) }))
  const sent = await sqsTarget({ queueUrl, client }).send(
    [{ key: 'ours', body, attributes: { via: 'enqueue' } }],
    limit,
  )
  expect(sent).toStrictEqual([{ status: 'accepted' }])
  await client.send(
    new SendMessageBatchCommand({
      QueueUrl: queueUrl,
      Entries: good.map((MessageBody, index) => ({ Id: `${index}`, MessageBody })),
    }),
  )
  const binary = randomBytes(64)
  const attributes = {
    raw: { DataType: 'Binary', BinaryValue: binary },
    ...Object.fromEntries(
      Array.from({ length: 3 }, (_, index) => [
        `a${index}`,
        { DataType: 'Number.int', StringValue: `${index}` },
      ]),
    ),
  }
  for (const [MessageBody] of junk) {
    await client.send(
      new SendMessageCommand({ QueueUrl: queueUrl, MessageBody, MessageAttributes: attributes }),
    )
  }

  await expect
    .poll(async () => (await local.queues.messages('orders-dlq')).length, { timeout: 30_000 })
    .toBe(junk.length)
  await expect.poll(async () => (await local.queues.messages('orders')).length, { timeout: 30_000 }).toBe(0)

  const { rows: orders } = await sql.query('select * from orders order by id collate "C"')
  expect(orders).toStrictEqual([
    { id: 'event', customer: 'bob', via: null },
    { id: 'ours', customer: 'zoe', via: 'enqueue' },
    { id: 'plain', customer: 'eve', via: null },
    { id: 'sns', customer: 'ada', via: null },
    { id: 'typed', customer: 'eve', via: null },
  ])
  expect((await sql.query('select * from uploads')).rows).toStrictEqual([
    { key: 'photos/a.jpg/0055AED6DCD90281E5/ObjectCreated:Put', object: 'a.jpg' },
  ])

  const copies: { body?: string | undefined; code?: string | undefined }[] = []
  while (copies.length < junk.length) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: local.queues.queueUrl('orders-dlq'),
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
      }),
    )
    for (const { Body, MessageAttributes = {} } of Messages) {
      copies.push({ body: Body, code: MessageAttributes['spillway.code']?.StringValue })
      expect(Buffer.from(MessageAttributes.raw?.BinaryValue ?? [])).toStrictEqual(binary)
      expect(MessageAttributes.a2).toMatchObject({ DataType: 'Number.int', StringValue: '2' })
    }
  }
  const byBody = (one: { body?: string | undefined }, other: { body?: string | undefined }) =>
    String(one.body) < String(other.body) ? -1 : 1
  expect(copies.sort(byBody)).toStrictEqual(junk.map(([text, code]) => ({ body: text, code })).sort(byBody))

  // Of what is a message of ours, the store knows that it was parked.
  const { rows } = await sql.query('select name, code from spillway_parked')
  expect(rows).toStrictEqual([{ name: 'order.placed', code: 'SPILLWAY_BODY_INVALID' }])
})
