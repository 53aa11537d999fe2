import { randomBytes } from 'node:crypto'
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { type QueueEngine, startQueues } from '@spillway/local/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parkedRecordOf, sqsDeadLetter } from './sqs.ts'
import { ample } from './testing/kinesis.ts'

let queues: QueueEngine
let client: SQSClient

beforeAll(async () => {
  const spec = { visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 0 }
  queues = await startQueues({ queues: [{ name: 'dead', ...spec }] })
  const credentials = { accessKeyId: 'x', secretAccessKey: 'y' }
  client = new SQSClient({ endpoint: queues.endpoint, region: queues.region, maxAttempts: 1, credentials })
})
afterAll(async () => {
  client.destroy()
  await queues.stop()
})

/** Parks a record in the queue, and answers its copy. */
async function park(data: Buffer, recordId: string) {
  await sqsDeadLetter({ queueUrl: queues.queueUrl('dead'), client }).put(
    {
      reason: { code: 'C', detail: 'd' },
      parkedAt: new Date(0),
      text: data.equals(Buffer.from(data.toString())) ? data.toString() : undefined,
      base64: data.toString('base64'),
      stream: 'arn:aws:kinesis:eu-west-1:123456789012:stream/readings',
      shardId: 'shardId-000000000003',
      sequenceNumber: '4950',
      recordId,
      partitionKey: 'sensor',
      arrivedAt: new Date(0),
    },
    ample(),
  )
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({ QueueUrl: queues.queueUrl('dead'), MessageAttributeNames: ['All'] }),
  )
  return Messages[0] ?? {}
}

it.each([
  ['text', Buffer.from('{"naïve":"🚀"}')],
  ['bytes that are no text', Buffer.from([0, 255])],
  ['nothing', Buffer.alloc(0)],
  ['text that leaves no room for the reason', Buffer.from(randomBytes(786_000).toString('base64'))],
])('is the record of a copy of %s, byte for byte', async (_, data) => {
  const record = await parkedRecordOf(await park(data, '4950'))
  expect(record.data.equals(data)).toBe(true)
  expect(record).toMatchObject({ partitionKey: 'sensor', recordId: '4950' })
})

it('has the id of the record for which the parking was decided', async () => {
  expect(await parkedRecordOf(await park(Buffer.from('x'), '17'))).toMatchObject({ recordId: '17' })
})

it('says that the compressed data of a copy is damaged', async () => {
  const MessageAttributes = {
    'spillway.encoding': { DataType: 'String', StringValue: 'gzip' },
    'spillway.data': { DataType: 'Binary', BinaryValue: new Uint8Array(3) },
  }
  await expect(parkedRecordOf({ Body: 'x', MessageAttributes })).rejects.toMatchObject({
    code: 'SPILLWAY_CLAIM_MISSING',
  })
})
