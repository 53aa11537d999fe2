// What a user has in an empty project with the published packages: compiled with `skipLibCheck: false` and run by
// scripts/published.soak.test.ts. It accepts an order, which goes into a real queue, and writes it.
import assert from 'node:assert/strict'
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { batch, eachRecord } from '@spillway/batch'
import { invoke as receive } from '@spillway/batch/testing'
import { enqueue, problemDetails, validate } from '@spillway/ingest'
import { httpApiEvent, invoke } from '@spillway/ingest/testing'
import { startQueues } from '@spillway/local/testing'
import { decodeMessage, defineMessage, done } from '@spillway/message'
import { sqsPartialBatchFailure, sqsSource, sqsTarget } from '@spillway/sqs'
import { sqsEvent } from '@spillway/sqs/testing'
import * as z from 'zod'

const order = defineMessage({
  name: 'order.placed',
  schema: z.object({ id: z.string(), placed: z.iso.datetime().transform((text) => new Date(text)) }),
  key: (body) => body.id,
})
const queues = await startQueues({
  queues: [{ name: 'orders', visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 0 }],
})
const queueUrl = queues.queueUrl('orders')
const client = new SQSClient({
  endpoint: queues.endpoint,
  region: queues.region,
  credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
})

const ingest = middy()
  .use(problemDetails())
  .use(httpJsonBodyParser())
  .use(validate({ body: order }))
  .use(enqueue(order, { to: sqsTarget({ queueUrl, client }) }))
  .handler((event) => event.valid.body)

const body = { id: 'a', placed: '2026-01-02T03:04:05Z' }
assert.equal((await invoke(ingest, httpApiEvent({ body }))).status, 202)
assert.equal((await invoke(ingest, httpApiEvent({ body: { id: 'a' } }))).status, 422)

const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl: queueUrl }))
const decoded = await decodeMessage(order, Messages[0]?.Body ?? '')
assert.ok(decoded.ok)
assert.deepEqual([decoded.message.key, decoded.message.body.placed], ['a', new Date('2026-01-02T03:04:05Z')])

const written: string[] = []
const write = middy()
  .use(sqsPartialBatchFailure())
  .use(sqsSource({ queueUrl, deadLetterQueueUrl: `${queueUrl}-dlq`, client }))
  .handler(
    batch(
      order,
      eachRecord(async (record) => {
        // `placed` is a Date, because types flow from the schema through the declarations of the packages.
        written.push(`${record.key} ${record.body.placed.getUTCFullYear()}`)
        return done()
      }),
    ),
  )
const event = await sqsEvent(order, [body, { ...body, id: 'b' }], { queue: 'orders' })
assert.deepEqual(await receive(write, event), { batchItemFailures: [] })
console.log(written.join(', '))
client.destroy()
await queues.stop()
