import {
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { type QueueEngine, startQueues } from '@spillway/local/testing'
import type { RecordSource } from '@spillway/message'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type SqsClient, sqsSource, sqsTarget } from './index.ts'
import { ample, clientOf, faulty } from './testing/sqs.ts'

// What a parked copy keeps of its message, beside the body, for when it is redriven.

let queues: QueueEngine
let client: SQSClient
let counter = 0
const spec = { visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 0 }
const names = Array.from({ length: 20 }, (_, index) => String(index))

beforeAll(async () => {
  const all = names.flatMap((n) => [`from${n}`, `dead${n}`, `from${n}.fifo`, `dead${n}.fifo`])
  queues = await startQueues({ queues: all.map((name) => ({ name, ...spec })) })
  client = clientOf(queues)
})
afterAll(async () => {
  client.destroy()
  await queues.stop()
})
beforeEach(() => {
  counter++
})

async function receive(queue: string): Promise<Message> {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl: queues.queueUrl(queue),
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
    }),
  )
  expect(Messages).toHaveLength(1)
  return Messages[0] as Message
}

/** Parks the one message of a queue, as it was received, and answers the copy. */
async function park(suffix = '', via: SqsClient = client, system: object = {}): Promise<Message> {
  const [from, dead] = [`from${counter}${suffix}`, `dead${counter}${suffix}`]
  const { MessageId, ReceiptHandle, Body, Attributes, MessageAttributes = {} } = await receive(from)
  const messageAttributes = Object.fromEntries(
    Object.entries(MessageAttributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
      name,
      {
        dataType: DataType,
        ...(StringValue !== undefined && { stringValue: StringValue }),
        ...(BinaryValue !== undefined && { binaryValue: Buffer.from(BinaryValue).toString('base64') }),
      },
    ]),
  )
  const record = {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: { ...Attributes, ...system },
    messageAttributes,
    eventSourceARN: queues.queueArn(from),
  }
  const event = { Records: [record] } as unknown as { source: RecordSource }
  const source = sqsSource({
    queueUrl: queues.queueUrl(from),
    deadLetterQueueUrl: queues.queueUrl(dead),
    client: via,
  })
  await source.before?.({ event } as never)
  const [first] = event.source.records
  if (first === undefined) throw new Error('no record')
  await event.source.park(first, { code: 'C', detail: 'd' }, ample())
  return receive(dead)
}

/** The text attributes of a copy without those that say why it was parked. */
function own({ MessageAttributes = {} }: Message): Record<string, string | undefined> {
  const entries = Object.entries(MessageAttributes).filter(([name]) => !name.startsWith('spillway.'))
  return Object.fromEntries(entries.map(([name, { StringValue }]) => [name, StringValue]))
}

const put = (body: string, attributes: Record<string, MessageAttributeValue>) =>
  client.send(
    new SendMessageCommand({
      QueueUrl: queues.queueUrl(`from${counter}`),
      MessageBody: body,
      MessageAttributes: attributes,
    }),
  )
const text = (StringValue: string): MessageAttributeValue => ({ DataType: 'String', StringValue })

describe('a parked copy', () => {
  it.each(['', '.fifo'])('has the attributes of its message (queue%s)', async (suffix) => {
    const target = sqsTarget({ queueUrl: queues.queueUrl(`from${counter}${suffix}`), client })
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    const message = {
      key: '1',
      group: 'tenant',
      body: '{"spillway":1}',
      traceparent,
      attributes: { kind: 'x' },
    }
    expect(await target.send([message], ample())).toStrictEqual([{ status: 'accepted' }])
    const copy = await park(suffix)
    expect(own(copy)).toStrictEqual({ traceparent, kind: 'x' })
    expect(copy.MessageAttributes).toMatchObject({ 'spillway.code': { StringValue: 'C' } })
    expect(copy.Body).toBe(message.body)
    if (suffix === '.fifo') expect(copy.Attributes).toMatchObject({ MessageGroupId: 'tenant' })
  })

  it('has the tenant of its message on a standard queue', async () => {
    // The embedded queue takes it, and does not give it back.
    await put('x', {})
    const watched = faulty(client)
    await park('', watched, { MessageGroupId: 'tenant' })
    const [command] = watched.calls
    expect((command as SendMessageCommand).input).toMatchObject({ MessageGroupId: 'tenant' })
    expect((command as SendMessageCommand).input).not.toHaveProperty('MessageDeduplicationId')
  })

  it('has as many as a queue takes beside the reason', async () => {
    await put('x', Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`a${n}`, text(String(n))])))
    const copy = await park()
    expect(Object.keys(copy.MessageAttributes ?? {})).toHaveLength(10)
    expect(Object.keys(own(copy))).toHaveLength(4)
    expect(copy.MessageAttributes).toMatchObject({ 'spillway.reason': { StringValue: 'd' } })
  })

  it('leaves out what does not fit beside its body, and keeps the rest', async () => {
    const room = 400
    await put('x'.repeat(1_048_576 - room), { a: text('y'.repeat(300)), b: text('z') })
    const copy = await park()
    expect(own(copy)).toStrictEqual({ b: 'z' })
    expect(copy.MessageAttributes).toMatchObject({ 'spillway.code': { StringValue: 'C' } })
  })

  it('has the times of its message: when it was sent, and when it was received first', async () => {
    await put('x', {})
    const copy = await park('', client, {
      SentTimestamp: '1700000000000',
      ApproximateFirstReceiveTimestamp: '1700000060500',
    })
    expect(copy.MessageAttributes).toMatchObject({
      'spillway.sentAt': { StringValue: '2023-11-14T22:13:20.000Z' },
      'spillway.firstReceivedAt': { StringValue: '2023-11-14T22:14:20.500Z' },
    })
  })

  it('keeps the times of the first when it was parked before, and none that is no time', async () => {
    await put('x', {
      'spillway.sentAt': text('2020-01-01T00:00:00.000Z'),
      'spillway.firstReceivedAt': text('yesterday'),
    })
    const copy = await park('', client, { ApproximateFirstReceiveTimestamp: 'never' })
    expect(copy.MessageAttributes).toMatchObject({
      'spillway.sentAt': { StringValue: '2020-01-01T00:00:00.000Z' },
    })
    expect(copy.MessageAttributes).not.toHaveProperty('spillway.firstReceivedAt')
  })

  it('says why it was parked the last time, and leaves out what is no text', async () => {
    await put('x', {
      'spillway.code': text('earlier'),
      'spillway.issues': text('[]'),
      picture: { DataType: 'Binary', BinaryValue: new Uint8Array([1]) },
    })
    const copy = await park()
    expect(own(copy)).toStrictEqual({})
    expect(copy.MessageAttributes?.['spillway.code']?.StringValue).toBe('C')
    expect(copy.MessageAttributes).not.toHaveProperty('spillway.issues')
  })
})
