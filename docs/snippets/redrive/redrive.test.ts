import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { type QueueEngine, type StreamEngine, startQueues, startStreams } from '@spillway/local/testing'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'

let queues: QueueEngine
let streams: StreamEngine
let client: SQSClient

beforeAll(async () => {
  queues = await startQueues({
    queues: [{ name: 'orders', visibilityTimeout: 30, deadLetterQueue: 'dead', maxReceiveCount: 5 }],
  })
  streams = await startStreams({ streams: [{ name: 'readings', shards: 1 }] })
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', queues.endpoint)
  vi.stubEnv('AWS_ENDPOINT_URL_KINESIS', streams.endpoint)
  vi.stubEnv('AWS_REGION', 'us-east-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local')
  vi.stubEnv('QUEUE_URL', queues.queueUrl('orders'))
  vi.stubEnv('DEAD_LETTER_QUEUE_URL', queues.queueUrl('dead'))
  vi.stubEnv('STREAM_NAME', 'readings')
  client = new SQSClient({})
})
afterAll(async () => {
  client.destroy()
  vi.unstubAllEnvs()
  await streams.stop()
  await queues.stop()
})

const text = (StringValue: string) => ({ DataType: 'String', StringValue })
const park = (MessageBody: string, attributes: Readonly<Record<string, string>>) =>
  client.send(
    new SendMessageCommand({
      QueueUrl: queues.queueUrl('dead'),
      MessageBody,
      MessageAttributes: Object.fromEntries(Object.entries(attributes).map(([k, value]) => [k, text(value)])),
    }),
  )

it('sends the copies of one code back', async () => {
  const { redriveCode } = await import('./queue.ts')
  await park('a', { 'spillway.code': 'A', 'spillway.messageId': 'm-a', kind: 'x' })
  await park('b', { 'spillway.code': 'B', 'spillway.messageId': 'm-b' })
  expect(await redriveCode('A')).toBe(1)
  expect(await queues.messages('orders')).toMatchObject([
    { body: 'a', attributes: { kind: 'x', 'spillway.messageId': 'm-a' } },
  ])
  expect(await queues.messages('dead')).toMatchObject([{ body: 'b' }])
})

it('puts a record back into its stream', async () => {
  const { redriveRecord } = await import('./stream.ts')
  await park('/w==', {
    'spillway.code': 'C',
    'spillway.encoding': 'base64',
    'spillway.sequenceNumber': '4950',
    'spillway.partitionKey': 'roof',
  })
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({ QueueUrl: queues.queueUrl('dead'), MessageAttributeNames: ['All'] }),
  )
  for (const copy of Messages) await redriveRecord(copy)
  const [record] = streams.records('readings')
  expect(record?.partitionKey).toBe('roof')
  expect(Buffer.from(record?.data ?? []).toString('latin1')).toBe('{"spillway":1,"redriveOf":"4950"}\n\u00FF')
})
