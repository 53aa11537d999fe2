import { CreateBucketCommand, DeleteObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import {
  DeleteMessageCommand,
  type Message as Received,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import middy from '@middy/core'
import { type QueueEngine, startQueues } from '@spillway/local/testing'
import { defineMessage, done } from '@spillway/message'
import { envelopeOf } from '@spillway/message/testing'
import type { Context, SQSEvent } from 'aws-lambda'
import { buildApp } from 'fauxqs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import * as z from 'zod'
import { batch } from '../../batch/src/index.ts'
import { claimCheck } from './claim-check.ts'
import { sqsSource, sqsTarget } from './index.ts'
import { s3ClaimStore } from './s3.ts'
import { ample, clientOf } from './testing/sqs.ts'

// A large message from the target through SQS and S3 to a writer, with the SDK's own clients.

const note = defineMessage({
  name: 'note',
  schema: z.object({ id: z.string(), text: z.string() }),
  key: (body) => body.id,
})
const s3 = buildApp({ logger: false })
const Bucket = 'bodies'
let queues: QueueEngine
let sqs: SQSClient
let objects: S3Client

beforeAll(async () => {
  const spec = { visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 0 }
  queues = await startQueues({ queues: ['notes', 'parked'].map((name) => ({ name, ...spec })) })
  sqs = clientOf(queues)
  objects = new S3Client({
    endpoint: await s3.listen({ host: '127.0.0.1', port: 0 }),
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
  })
  await objects.send(new CreateBucketCommand({ Bucket }))
})
afterAll(async () => {
  sqs.destroy()
  objects.destroy()
  await queues.stop()
  await s3.close()
})

async function receive(queue: string): Promise<Received[]> {
  const QueueUrl = queues.queueUrl(queue)
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] }),
  )
  for (const { ReceiptHandle } of Messages) {
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
  }
  return Messages
}

/** Writes a batch of what the queue gives. Answers what was written, and what is to come again. */
async function write(): Promise<{ written: Map<string, number>; failed: string[] }> {
  const messages = await receive('notes')
  const written = new Map<string, number>()
  const handler = middy()
    .use(
      sqsSource({
        queueUrl: queues.queueUrl('notes'),
        deadLetterQueueUrl: queues.queueUrl('parked'),
        client: sqs,
        claimCheck: { store: s3ClaimStore({ bucket: Bucket, client: objects }) },
      }),
    )
    .handler(
      batch(note, async (records) => {
        for (const { key, body } of records) written.set(key, body.text.length)
        return records.map(() => done())
      }),
    )
  const Records = messages.map(({ MessageId, ReceiptHandle, Body }) => ({
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: {},
    eventSourceARN: queues.queueArn('notes'),
  }))
  const event = { Records } as unknown as SQSEvent
  const settled = await handler(event as never, { getRemainingTimeInMillis: () => 20_000 } as Context)
  const failed = messages.filter((_, index) => settled[index]?.status !== 'fulfilled')
  return { written, failed: failed.map(({ MessageId = '' }) => MessageId) }
}

it('brings a large body to the writer, parks it when it is gone, and a redrive brings it after all', async () => {
  const target = sqsTarget({
    queueUrl: queues.queueUrl('notes'),
    client: sqs,
    claimCheck: claimCheck({ store: s3ClaimStore({ bucket: Bucket, client: objects }) }),
  })
  const lengths = { small: 10, large: 2_000_000, gone: 1_500_000 }
  const messages = await Promise.all(
    Object.entries(lengths).map(async ([id, length]) => {
      const body = await envelopeOf(note, { id, text: id.slice(0, 1).repeat(length) })
      return { key: id, body }
    }),
  )
  expect(await target.send(messages, ample())).toStrictEqual(new Array(3).fill({ status: 'accepted' }))
  const { Contents = [] } = await objects.send(new ListObjectsV2Command({ Bucket, Prefix: 'spillway/' }))
  expect(Contents).toHaveLength(2)
  const gone = Contents.find(({ Size = 0 }) => Size < 2_000_000)
  await objects.send(new DeleteObjectCommand({ Bucket, Key: gone?.Key }))

  const first = await write()
  expect(first.failed).toStrictEqual([])
  expect(Object.fromEntries(first.written)).toStrictEqual({ small: 10, large: 2_000_000 })

  const [parked] = await receive('parked')
  expect(parked?.MessageAttributes).toMatchObject({
    'spillway.code': { StringValue: 'SPILLWAY_CLAIM_MISSING' },
  })
  expect(JSON.parse(parked?.Body ?? '')).toMatchObject({ key: 'gone', claim: { key: gone?.Key } })

  // Somebody restores the object from a backup, and redrives.
  await s3ClaimStore({ bucket: Bucket, client: objects }).put(
    String(gone?.Key),
    messages[2]?.body ?? '',
    ample(),
  )
  await sqs.send(new SendMessageCommand({ QueueUrl: queues.queueUrl('notes'), MessageBody: parked?.Body }))
  const second = await write()
  expect(second.failed).toStrictEqual([])
  expect(Object.fromEntries(second.written)).toStrictEqual({ gone: 1_500_000 })
})
