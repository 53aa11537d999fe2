import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { invoke } from '@spillway/batch/testing'
import { startQueues } from '@spillway/local/testing'
import { sqsEvent } from '@spillway/sqs/testing'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { order } from '../adopting/message.ts'
import { table } from '../adopting/save.ts'

// What was there before and what takes its place write the same.

const queue = { name: 'orders', visibilityTimeout: 60, deadLetterQueue: 'orders-dlq', maxReceiveCount: 100 }
const ada = { id: 'order-1', customer: 'ada', cents: 1250 }
let queues: Awaited<ReturnType<typeof startQueues>>
let client: SQSClient

beforeAll(async () => {
  queues = await startQueues({ queues: [queue] })
  for (const [name, value] of Object.entries({
    QUEUE_URL: queues.queueUrl('orders'),
    DEAD_LETTER_QUEUE_URL: queues.queueUrl('orders-dlq'),
    AWS_ENDPOINT_URL_SQS: queues.endpoint,
    AWS_REGION: queues.region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  }))
    vi.stubEnv(name, value)
  client = new SQSClient({})
})
beforeEach(() => table.clear())
afterAll(async () => {
  client.destroy()
  await queues.stop()
  vi.unstubAllEnvs()
})

it.each([
  ['one by one', async () => (await import('./sqs-consumer.ts')).createConsumer],
  ['in batches', async () => (await import('./sqs-consumer-batch.ts')).createBatchConsumer],
])('saves an order, with sqs-consumer %s', async (_, load) => {
  const consumer = (await load())(queues.queueUrl('orders'))
  await client.send(
    new SendMessageCommand({ QueueUrl: queues.queueUrl('orders'), MessageBody: JSON.stringify(ada) }),
  )
  consumer.start()
  await vi.waitFor(() => expect([...table.values()]).toEqual([ada]), 5_000)
  await vi.waitFor(async () => expect(await queues.messages('orders')).toEqual([]), 5_000)
  const stopped = new Promise((resolve) => consumer.once('stopped', () => resolve(undefined)))
  consumer.stop({ abort: true })
  await stopped
})

it('saves an order, with the worker that gets whole batches', async () => {
  const { handler } = await import('./batch-worker.ts')
  const event = await sqsEvent(order, [ada], { queue: 'orders' })
  const [record] = event.Records
  if (record) record.body = JSON.stringify(ada)
  expect(await invoke(handler, event)).toStrictEqual({ batchItemFailures: [] })
  expect([...table.values()]).toEqual([ada])
})
