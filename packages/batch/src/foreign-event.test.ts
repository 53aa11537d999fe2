import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { type InvocationResult, type Local, startLocal } from '@spillway/local'
import { envelopeOf } from '@spillway/message/testing'
import { defineApp } from '@spillway/planner'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { order } from './testing/order.ts'

// On the local Lambda, its event source mappings and the embedded SQS: what is no batch of a queue is an error of the
// invocation, and no message is deleted.

let local: Local
let client: SQSClient
const lines: string[] = []
const ends: { readonly function: string; readonly result: InvocationResult }[] = []

beforeAll(async () => {
  const worker = (handler: string, queue: string, reads = queue) => ({
    entry: './worker-app.ts',
    handler,
    queue,
    timeout: 5,
    environment: ({ queueUrl }: { queueUrl(name: string): string }) => ({ QUEUE_URL: queueUrl(reads) }),
  })
  const app = defineApp({
    name: 'foreign',
    functions: {
      right: worker('right', 'orders'),
      misled: worker('right', 'invoices', 'orders'),
      unanswered: worker('unanswered', 'unanswered'),
      httpErrors: worker('httpErrors', 'errors'),
    },
  })
  local = await startLocal(
    { app, folder: `${import.meta.dirname}/testing` },
    { onLog: ({ text }) => void lines.push(text), onInvocation: (info) => void ends.push(info) },
  )
  const { endpoint, region } = local.queues
  client = new SQSClient({ endpoint, region, credentials: { accessKeyId: 'x', secretAccessKey: 'y' } })
}, 60_000)
afterAll(async () => {
  client?.destroy()
  await local?.stop()
})

/** Sends an order and waits for the first invocation that gets it. */
async function send(queue: string, reader: string): Promise<InvocationResult> {
  const MessageBody = await envelopeOf(order, { id: queue })
  await client.send(new SendMessageCommand({ QueueUrl: local.queues.queueUrl(queue), MessageBody }))
  return vi.waitFor(
    () => {
      const end = ends.find((one) => one.function === reader)
      if (end === undefined) throw new Error(`${reader} has no invocation yet`)
      return end.result
    },
    { timeout: 20_000, interval: 20 },
  )
}

const error = (errorMessage: string) => ({
  ok: false,
  kind: 'error',
  error: { errorMessage: expect.stringContaining(errorMessage) },
})

it('a batch of its queue is answered, and deleted', async () => {
  expect(await send('orders', 'right')).toStrictEqual({ ok: true, payload: { batchItemFailures: [] } })
  await vi.waitFor(
    async () =>
      expect(await local.queues.depth('orders')).toStrictEqual({ visible: 0, inFlight: 0, delayed: 0 }),
    { timeout: 10_000 },
  )
})

describe('nothing is deleted of a queue', () => {
  it.each([
    ['invoices', 'misled', '000000000000:invoices. `queueUrl` must be the queue of the event source mapping'],
    ['unanswered', 'unanswered', 'use sqsPartialBatchFailure() of @spillway/sqs'],
    ['errors', 'httpErrors', 'no secret'],
  ])('%s whose function is %s', async (queue, reader, says) => {
    expect(await send(queue, reader)).toMatchObject(error(says))
    // It waits for its visibility time-out.
    expect(await local.queues.depth(queue)).toStrictEqual({ visible: 0, inFlight: 1, delayed: 0 })
  })

  it('and what the runtime of Lambda does not tell is in the log', () => {
    const line = lines.find((text) => text.includes('the results of a batch are not an answer to Lambda'))
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      level: 'error',
      error: { code: 'SPILLWAY_CHAIN_INVALID' },
    })
  })
})

it.each([
  ['EventBridge Pipes', [{ messageId: 'a', body: '{}', eventSource: 'aws:sqs' }]],
  ['the test of the console', { key1: 'value1' }],
  ['S3', { Records: [{ eventSource: 'aws:s3', s3: {} }] }],
  ['SNS', { Records: [{ EventSource: 'aws:sns', Sns: {} }] }],
  ['Kinesis', { Records: [{ eventSource: 'aws:kinesis', kinesis: {} }] }],
  ['a schedule', { 'detail-type': 'Scheduled Event', source: 'aws.events', detail: {} }],
  ['a warm-up ping', { source: 'serverless-plugin-warmup' }],
  ['nothing', null],
])('an event of another service is an error of the invocation: %s', async (_, event) => {
  expect(await local.function('right').invoke(event)).toMatchObject({
    ...error('sqsPartialBatchFailure reads queues of SQS, but got'),
    error: { code: 'SPILLWAY_SOURCE_MISSING' },
  })
})
