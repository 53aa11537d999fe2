import { httpApiEvent } from '@spillway/ingest/testing'
import { startQueues } from '@spillway/local/testing'
import type { SQSEvent } from 'aws-lambda'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'

// What was there before and what takes its place get the same events. The queues are an SQS on this machine.

type Handler = (event: never, context: never) => Promise<unknown>

const queue = { name: 'orders', visibilityTimeout: 60, deadLetterQueue: 'orders-dlq', maxReceiveCount: 100 }
let queues: Awaited<ReturnType<typeof startQueues>>

beforeAll(async () => {
  queues = await startQueues({ queues: [queue] })
  for (const [name, value] of Object.entries({
    QUEUE_URL: queues.queueUrl('orders'),
    DEAD_LETTER_QUEUE_URL: queues.queueUrl('orders-dlq'),
    PARKED_QUEUE_URL: queues.queueUrl('orders-dlq'),
    AWS_ENDPOINT_URL_SQS: queues.endpoint,
    AWS_REGION: queues.region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  }))
    vi.stubEnv(name, value)
  for (const level of ['error', 'warn', 'info'] as const)
    vi.spyOn(console, level).mockImplementation(() => undefined)
})
beforeEach(async () => (await import('./save.ts')).table.clear())
afterAll(async () => {
  await queues.stop()
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

const ada = { id: 'order-1', customer: 'ada', cents: 1250 }
const alan = { id: 'order-2', customer: 'alan', cents: 300 }
const refused = { id: 'order-3', customer: 'down', cents: 1 }

/** Creates an event of the queue with these texts. */
const eventOf = (...texts: readonly string[]): SQSEvent => ({
  Records: texts.map((body, index) => ({
    messageId: `message-${index}`,
    receiptHandle: `receipt-${index}`,
    body,
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '1767323045678',
      SenderId: 'test',
      ApproximateFirstReceiveTimestamp: '1767323045679',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: queues.queueArn('orders'),
    awsRegion: queues.region,
  })),
})

const invoke = async (handler: Handler, event: unknown): Promise<unknown> => {
  const context = { getRemainingTimeInMillis: () => 10_000, awsRequestId: 'test', functionName: 'write' }
  return JSON.parse(JSON.stringify(await handler(event as never, context as never)))
}

const failed = (...indexes: readonly number[]) => ({
  batchItemFailures: indexes.map((index) => ({ itemIdentifier: `message-${index}` })),
})

const handlers = {
  middy: () => import('./before-middy.ts'),
  Powertools: () => import('./before-powertools.ts'),
  'a loop': () => import('./before-loop.ts'),
  'the worker': () => import('./worker.ts'),
  'the worker of both sides': () => import('./both-sides.ts'),
}

it.each(Object.entries(handlers))('saves plain JSON and reports what failed, with %s', async (_, load) => {
  const { handler } = (await load()) as unknown as { handler: Handler }
  const { table } = await import('./save.ts')
  const event = eventOf(...[ada, refused, alan].map((body) => JSON.stringify(body)))
  expect(await invoke(handler, event)).toEqual(failed(1))
  expect([...table.values()]).toEqual([ada, alan])
})

it.each(['middy', 'Powertools', 'a loop'] as const)(
  'tries for ever what can never succeed, with %s',
  async (name) => {
    const { handler } = (await handlers[name]()) as unknown as { handler: Handler }
    expect(await invoke(handler, eventOf('{"id":', JSON.stringify(ada)))).toEqual(failed(0))
  },
)

it('parks what can never succeed, as it came', async () => {
  const { handler } = await import('./worker.ts')
  const invalid = JSON.stringify({ ...ada, cents: -1 })
  const event = eventOf('{"id":', invalid, JSON.stringify(ada))
  expect(await invoke(handler as unknown as Handler, event)).toEqual(failed())
  const parked = await queues.messages('orders-dlq')
  expect(parked.map(({ body }) => body).sort()).toEqual([invalid, '{"id":'].sort())
})

it('writes what old and new producers send to one queue', async () => {
  const old = (await import('./before-ingest.ts')).handler
  const { handler: accept } = await import('./ingest.ts')
  const { handler } = await import('./both-sides.ts')
  const { table } = await import('./save.ts')
  await invoke(old as unknown as Handler, httpApiEvent({ path: '/orders', body: ada }))
  await invoke(accept as unknown as Handler, httpApiEvent({ path: '/orders', body: alan }))
  const texts = (await queues.messages('orders')).map(({ body }) => body)
  expect(texts.map((text) => Object.keys(JSON.parse(text)).includes('cents')).sort()).toEqual([false, true])
  expect(await invoke(handler as unknown as Handler, eventOf(...texts))).toEqual(failed())
  expect([...table.keys()].sort()).toEqual([ada.id, alan.id])
})

it('saves plain JSON of a stream, and has it read again from what failed', async () => {
  const { handler } = (await import('./worker-stream.ts')) as unknown as { handler: Handler }
  const { table } = await import('./save.ts')
  const Records = [ada, refused, alan].map((body, index) => ({
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: body.customer,
      sequenceNumber: String(100 + index),
      data: Buffer.from(JSON.stringify(body)).toString('base64'),
      approximateArrivalTimestamp: Date.now() / 1000,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `shardId-000000000000:${100 + index}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: 'arn:aws:iam::000000000000:role/test',
    awsRegion: queues.region,
    eventSourceARN: `arn:aws:kinesis:${queues.region}:000000000000:stream/orders`,
  }))
  expect(await invoke(handler, { Records })).toEqual({ batchItemFailures: [{ itemIdentifier: '101' }] })
  expect([...table.values()]).toEqual([ada, alan])
})
