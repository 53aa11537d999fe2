import { SQSClient } from '@aws-sdk/client-sqs'
import middy from '@middy/core'
import middysPartialBatchFailure from '@middy/sqs-partial-batch-failure'
import { type QueueEngine, startQueues } from '@spillway/local/testing'
import {
  createMessage,
  defineMessage,
  done,
  encodeMessage,
  type Logger,
  park,
  retry,
  type Writer,
} from '@spillway/message'
import { sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import type { Context, SQSEvent, SQSRecord } from 'aws-lambda'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { type BatchOptions, batch } from './index.ts'
import { silent } from './testing/virtual-run.ts'

// The chain of a worker function, as it is deployed.

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

const context = { getRemainingTimeInMillis: () => 5000 } as Context
const quiet = { logger: silent, backoff: false } as const
const ours = (logger?: Logger) => sqsPartialBatchFailure(logger && { logger })

function chainOf(
  answer: middy.MiddlewareObj | undefined,
  writer: Writer<{ id: string }>,
  options: BatchOptions<{ id: string }> = quiet,
) {
  const source = sqsSource({
    queueUrl: queues.queueUrl('orders'),
    deadLetterQueueUrl: queues.queueUrl('parked'),
    client,
  })
  const chain = answer === undefined ? middy() : middy().use(answer)
  return chain.use(source).handler(batch(order, writer, options))
}

function invoke(writer: Writer<{ id: string }>, ids: readonly string[], answer = ours()): Promise<unknown> {
  return chainOf(answer as middy.MiddlewareObj, writer)(toEvent(ids) as never, context)
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

const failing: Writer<{ id: string }> = async (messages) =>
  messages.map(({ key }) => (key === 'late' ? retry({ cause: new Error('not now') }) : done()))

it('leaves what batch reports to batch: one failure is not said twice', async () => {
  const error = vi.fn()
  const logger = { info: error, warn: error, error }
  expect(await invoke(failing, ['a', 'late'], ours(logger))).toStrictEqual({
    batchItemFailures: [{ itemIdentifier: 'm-late' }],
  })
  expect(error).not.toHaveBeenCalled()
})

it("takes middy's own middleware in place of ours", async () => {
  const answer = middysPartialBatchFailure({ logger: () => undefined })
  const handler = chainOf(answer, failing)
  expect(await handler(toEvent(['a', 'late']) as never, context)).toStrictEqual({
    batchItemFailures: [{ itemIdentifier: 'm-late' }],
  })
})

describe('a chain without the middleware that answers', () => {
  it('fails as JSON, in place of deleting every message', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const answer = await chainOf(undefined, failing)(toEvent(['a', 'late']) as never, context)
    expect(() => JSON.stringify(answer)).toThrow('use sqsPartialBatchFailure() of @spillway/sqs')
    expect(error).toHaveBeenCalledOnce()
    error.mockRestore()
  })

  it.each([
    ['no middleware', undefined],
    ['ours', ours()],
  ])('is right without partial failures: %s', async (_, answer) => {
    const handler = chainOf(answer as middy.MiddlewareObj | undefined, failing, {
      ...quiet,
      partialFailures: false,
    })
    const answered = await handler(toEvent(['a', 'b']) as never, context)
    expect(JSON.parse(JSON.stringify(answered))).toStrictEqual({ batchItemFailures: [] })
    await expect(handler(toEvent(['a', 'late']) as never, context)).rejects.toMatchObject({
      code: 'SPILLWAY_BATCH_FAILED',
    })
  })
})

describe('a chain without a source', () => {
  it('fails with what is missing', async () => {
    const handler = middy()
      .use(ours())
      .handler(batch(order, failing, quiet) as never)
    await expect(handler(toEvent(['a']) as never, context)).rejects.toMatchObject({
      code: 'SPILLWAY_SOURCE_MISSING',
      message: expect.stringContaining('put a source middleware'),
    })
  })
})
