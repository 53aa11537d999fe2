import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { type QueueEngine, startQueues } from '@spillway/local/testing'
import {
  createMessage,
  defineMessage,
  done,
  encodeMessage,
  type MessageRecord,
  plainJson,
} from '@spillway/message'
import { sqsRecordOf, sqsTarget } from '@spillway/sqs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import * as z from 'zod'
import { batch, eachRecord } from './index.ts'
import { silent } from './testing/virtual-run.ts'
import { workerOf } from './testing/worker.ts'

const order = defineMessage({ name: 'order', schema: z.object({ id: z.string() }), key: (body) => body.id })
const quiet = { logger: silent, backoff: false } as const
const limit = { signal: new AbortController().signal, remainingTime: () => 60_000 }
let queues: QueueEngine
let client: SQSClient

beforeAll(async () => {
  const spec = { visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 0 }
  const names = ['one', 'one-dlq', 'two', 'two-dlq']
  queues = await startQueues({ queues: names.map((name) => ({ name, ...spec })) })
  const credentials = { accessKeyId: 'x', secretAccessKey: 'y' }
  client = new SQSClient({ endpoint: queues.endpoint, region: queues.region, credentials })
})
afterAll(async () => {
  client.destroy()
  await queues.stop()
})

it('is there with what the target sent beside the message', async () => {
  const worker = workerOf(queues, 'one')
  const target = sqsTarget({ queueUrl: queues.queueUrl('one'), client })
  const message = createMessage(order, { id: 'a' }, { time: new Date(0) })
  const body = encodeMessage(message)
  await target.send([{ key: 'a', body, attributes: { tenant: 't1' } }], limit)
  const event = await worker.receive()
  const seen: MessageRecord<{ id: string }>[] = []
  await worker.invoke(
    batch(
      order,
      async (messages) => {
        seen.push(...messages)
        return messages.map(done)
      },
      quiet,
    ),
    event,
  )
  const [first] = seen
  if (first === undefined) throw new Error('no message')
  expect(sqsRecordOf(first)).toBe(event.Records[0])
  expect(sqsRecordOf(first).messageAttributes.tenant?.stringValue).toBe('t1')
  // A copy has it as well, and JSON has no word of it.
  expect(sqsRecordOf({ ...first })).toBe(event.Records[0])
  expect(JSON.stringify(first)).not.toContain('receiptHandle')
  expect(() => sqsRecordOf(JSON.parse(JSON.stringify(first)))).toThrow(
    expect.objectContaining({ code: 'SPILLWAY_SOURCE_MISSING' }),
  )
  worker.end()
})

it('is there for a message that came in no envelope', async () => {
  const worker = workerOf(queues, 'two', { decode: plainJson() })
  await client.send(
    new SendMessageCommand({
      QueueUrl: queues.queueUrl('two'),
      MessageBody: '{"id":"a"}',
      MessageAttributes: { tenant: { DataType: 'String', StringValue: 't2' } },
    }),
  )
  const tenants: unknown[] = []
  const handler = batch(
    order,
    eachRecord((message) => {
      tenants.push(sqsRecordOf(message).messageAttributes.tenant?.stringValue)
      return done()
    }),
    quiet,
  )
  await worker.invoke(handler, await worker.receive())
  expect(tenants).toStrictEqual(['t2'])
  worker.end()
})
