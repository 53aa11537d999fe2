import { SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { type QueueEngine, startQueues } from '@spillway/local/testing'
import { defineMessage } from '@spillway/message'
import { sqsTarget } from '@spillway/sqs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import * as z from 'zod'
import { bulkBodyParser, enqueue, enqueueMany, problemDetails, validate } from './index.ts'
import { memoryLogger, post } from './testing/http.ts'
import { invoke } from './testing.ts'

// A queue whose own limit is lower than what SQS takes, and one that does not exist.

const note = defineMessage({
  name: 'note',
  schema: z.object({ id: z.string(), text: z.string() }),
  key: (body) => body.id,
})

let queues: QueueEngine
let client: SQSClient

beforeAll(async () => {
  const spec = { visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 0 }
  queues = await startQueues({ queues: [{ name: 'narrow', ...spec }] })
  const credentials = { accessKeyId: 'x', secretAccessKey: 'y' }
  client = new SQSClient({ endpoint: queues.endpoint, region: queues.region, maxAttempts: 1, credentials })
  const Attributes = { MaximumMessageSize: '1024' }
  await client.send(new SetQueueAttributesCommand({ QueueUrl: queues.queueUrl('narrow'), Attributes }))
})
afterAll(async () => {
  client.destroy()
  await queues.stop()
})

it('answers 413 when the queue says that a message is too large', async () => {
  const to = sqsTarget({ client, queueUrl: queues.queueUrl('narrow') })
  const handler = middy()
    .use(problemDetails({ logger: memoryLogger() }))
    .use(httpJsonBodyParser())
    .use(validate({ body: note }))
    .use(enqueue(note, { to }))
    .handler((event) => event.valid.body)
  expect(await invoke(handler, post({ id: 'a', text: 'short' }))).toMatchObject({ status: 202 })
  expect(await invoke(handler, post({ id: 'b', text: 'x'.repeat(2000) }))).toMatchObject({
    status: 413,
    body: {
      code: 'SPILLWAY_BODY_TOO_LARGE',
      detail: 'The message is too large: the queue holds at most 1024 bytes.',
    },
  })
})

it('costs an item that is too large for the queue only itself', async () => {
  const to = sqsTarget({ client, queueUrl: queues.queueUrl('narrow') })
  const handler = middy()
    .use(problemDetails({ logger: memoryLogger() }))
    .use(bulkBodyParser())
    .use(validate({ bodies: note }))
    .use(enqueueMany(note, { to }))
    .handler((event) => event.valid.bodies)
  const items = [
    { id: 'a', text: 'short' },
    { id: 'b', text: 'x'.repeat(2000) },
    { id: 'c', text: 'short' },
  ]
  expect(await invoke(handler, post(items))).toMatchObject({
    status: 207,
    body: { items: [{ status: 202 }, { index: 1, status: 413, id: 'b' }, { status: 202 }] },
  })
})

it('logs what SQS said of a message that was not confirmed', async () => {
  const logger = memoryLogger()
  const to = sqsTarget({ client, queueUrl: `${queues.queueUrl('narrow')}-gone` })
  const handler = middy()
    .use(problemDetails({ logger }))
    .use(httpJsonBodyParser())
    .use(validate({ body: note }))
    .use(enqueue(note, { to }))
    .handler((event) => event.valid.body)
  expect((await invoke(handler, post({ id: 'a', text: 'short' }))).status).toBe(503)
  expect(logger.lines).toMatchObject([
    ['error', expect.anything(), { error: { cause: { cause: { name: 'QueueDoesNotExist' } } } }],
  ])
})
