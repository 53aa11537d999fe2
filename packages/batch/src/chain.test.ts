import { SQSClient } from '@aws-sdk/client-sqs'
import middy from '@middy/core'
import sqsPartialBatchFailure from '@middy/sqs-partial-batch-failure'
import { type QueueEngine, startQueues } from '@spillway/local/testing'
import {
  createMessage,
  defineMessage,
  done,
  encodeMessage,
  park,
  retry,
  type Writer,
} from '@spillway/message'
import { sqsSource } from '@spillway/sqs'
import type { Context, SQSEvent, SQSRecord } from 'aws-lambda'
import { afterAll, beforeAll, expect, it } from 'vitest'
import * as z from 'zod'
import { batch } from './index.ts'
import { silent } from './testing/virtual-run.ts'

// The chain of a worker function, with middy's own middleware at its end.

const order = defineMessage({ name: 'order', schema: z.object({ id: z.string() }), key: (body) => body.id })
let queues: QueueEngine
let client: SQSClient

beforeAll(async () => {
  const spec = { visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 0 }
  queues = await startQueues({ queues: ['orders', 'parked'].map((name) => ({ name, ...spec })) })
  const credentials = { accessKeyId: 'x', secretAccessKey: 'y' }
  client = new SQSClient({ endpoint: queues.endpoint, region: queues.region, credentials })
})
afterAll(async () => {
  client.destroy()
  await queues.stop()
})

function toEvent(ids: readonly string[]): SQSEvent {
  const records = ids.map((id) => ({
    messageId: `m-${id}`,
    receiptHandle: `r-${id}`,
    body: id === 'bad' ? '{' : encodeMessage(createMessage(order, { id }, { time: new Date(0) })),
    attributes: { ApproximateReceiveCount: '1' },
    eventSourceARN: queues.queueArn('orders'),
  }))
  return { Records: records as unknown as SQSRecord[] }
}

async function invoke(writer: Writer<{ id: string }>, ids: readonly string[]): Promise<unknown> {
  const handler = middy()
    .use(sqsPartialBatchFailure({ logger: () => undefined }))
    .use(
      sqsSource({
        queueUrl: queues.queueUrl('orders'),
        deadLetterQueueUrl: queues.queueUrl('parked'),
        client,
      }),
    )
    .handler(batch(order, writer, { log: () => undefined, logger: silent, backoff: false }))
  const context = { getRemainingTimeInMillis: () => 5000 } as Context
  return handler(toEvent(ids) as never, context)
}

it('reports what is to be retried, and nothing else', async () => {
  const writer: Writer<{ id: string }> = async (messages) =>
    messages.map(({ key }) => {
      if (key === 'retry') return retry()
      return key === 'park' ? park({ code: '23514', detail: 'refused' }) : done()
    })
  expect(await invoke(writer, ['a', 'retry', 'bad', 'park', 'b'])).toStrictEqual({
    batchItemFailures: [{ itemIdentifier: 'm-retry' }],
  })
  const parked = await queues.messages('parked')
  expect(parked.map(({ attributes }) => attributes['spillway.code']).sort()).toStrictEqual([
    '23514',
    'SPILLWAY_ENVELOPE_INVALID',
  ])
})

it('reports all when the writer throws', async () => {
  const writer: Writer<{ id: string }> = async () => {
    throw new Error('down')
  }
  expect(await invoke(writer, ['a', 'b'])).toStrictEqual({
    batchItemFailures: [{ itemIdentifier: 'm-a' }, { itemIdentifier: 'm-b' }],
  })
})
