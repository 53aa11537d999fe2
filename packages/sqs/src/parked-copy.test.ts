import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import {
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { type QueueEngine, startQueues } from '@spillway/local/testing'
import type { RecordSource, SourceRecord } from '@spillway/message'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type DeliveredMessage, originalOf, type SqsClient, sqsSource, sqsTarget } from './index.ts'
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

/** A message of the SDK as Lambda delivers it. */
function toLambda(body: string, attributes: Record<string, MessageAttributeValue>): DeliveredMessage {
  const messageAttributes = Object.fromEntries(
    Object.entries(attributes).map(([name, { DataType = '', StringValue, BinaryValue }]) => [
      name,
      {
        dataType: DataType,
        ...(StringValue !== undefined && { stringValue: StringValue }),
        ...(BinaryValue !== undefined && { binaryValue: Buffer.from(BinaryValue).toString('base64') }),
      },
    ]),
  )
  return { body, messageAttributes: messageAttributes as DeliveredMessage['messageAttributes'] }
}

const delivered = ({ Body = '', MessageAttributes = {} }: Message) => toLambda(Body, MessageAttributes)

/** Random text of so many bytes, of which gzip takes the least: of each of its bytes there are about as many. */
function hardText(bytes: number): string {
  const between = (from: number, to: number) => from + Math.floor(Math.random() * (to - from))
  let text = ''
  let left = bytes
  while (left >= 4) {
    const share = Math.random() * 171
    const code =
      share < 120
        ? between(0x20, 0x7f)
        : share < 150
          ? between(0x80, 0x800)
          : share < 166
            ? between(0x800, 0xd800)
            : between(0x10000, 0x110000)
    text += String.fromCodePoint(code)
    left -= code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return text + 'x'.repeat(left)
}

/** Parks the one message of a queue, as it was received, and answers the copy. */
async function park(
  suffix = '',
  via: SqsClient = client,
  system: object = {},
  look: (records: readonly SourceRecord[]) => Promise<void> = async () => undefined,
): Promise<Message> {
  const [from, dead] = [`from${counter}${suffix}`, `dead${counter}${suffix}`]
  const { MessageId, ReceiptHandle, Body, Attributes, MessageAttributes = {} } = await receive(from)
  const { messageAttributes } = toLambda('', MessageAttributes)
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
  await source.before?.({ event, internal: {} } as never)
  const [first] = event.source.records
  if (first === undefined) throw new Error('no record')
  await look(event.source.records)
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

  it('has all its attributes, whatever their types, and its trace', async () => {
    const attributes = {
      ExtendedPayloadSize: { DataType: 'Number', StringValue: '1234' },
      picture: { DataType: 'Binary.png', BinaryValue: new Uint8Array([0, 255, 1]) },
      id: { DataType: 'String.uuid', StringValue: 'e3' },
    }
    await put('x', attributes)
    const watched = faulty(client)
    const copy = await park('', watched, { AWSTraceHeader: 'Root=1-5759e988-bd862e3fe1be46a994272793' })
    expect(copy.MessageAttributes).toMatchObject(attributes)
    expect(copy.MessageAttributes).toMatchObject({ 'spillway.reason': text('d') })
    expect((watched.calls[0] as SendMessageCommand).input).toMatchObject({
      MessageSystemAttributes: { AWSTraceHeader: text('Root=1-5759e988-bd862e3fe1be46a994272793') },
    })
    expect(await originalOf(delivered(copy))).toStrictEqual(await originalOf(toLambda('x', attributes)))
  })

  const random = (bytes: number) => randomBytes(bytes).toString('base64').slice(0, bytes)
  const ten = (value: (n: number) => MessageAttributeValue) =>
    Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`a${n}`, value(n)]))
  const mixed = (n: number): MessageAttributeValue =>
    n % 2 === 0
      ? { DataType: 'Binary', BinaryValue: randomBytes(20) }
      : { DataType: 'Number.int', StringValue: String(n) }

  it.each<[string, string, Record<string, MessageAttributeValue>]>([
    ['eight attributes', 'x', Object.fromEntries(Object.entries(ten(mixed)).slice(2))],
    ['ten attributes', 'body "quoted"\n', ten(mixed)],
    ['1 MiB', random(1_048_576), {}],
    ['1 MiB that is hard to compress', hardText(1_048_576), {}],
    ['1 MiB with ten attributes', random(1_048_576 - 10_000), ten(() => text(random(980)))],
    ['an envelope of 1 MiB', `{"spillway":1,"name":"order","key":"k","body":"${random(1_048_500)}"}`, {}],
    [
      'an envelope of 1 MiB whose key no queue takes',
      `{"spillway":1,"name":"order","key":"\\uffff","body":"${random(1_048_500)}"}`,
      {},
    ],
    [
      'an envelope of 1 MiB whose key nests',
      `{"spillway":1,"name":"order","key":${'['.repeat(200_000)}${']'.repeat(200_000)},"body":"${random(648_500)}"}`,
      {},
    ],
  ])('can be made the message again exactly: one with %s', async (_, body, attributes) => {
    await put(body, attributes)
    const copy = await park()
    expect(copy.MessageAttributes).toMatchObject({
      'spillway.code': text('C'),
      'spillway.reason': text('d'),
      'spillway.messageId': { StringValue: expect.any(String) },
    })
    const original = await originalOf(delivered(copy))
    expect(original.body === body).toBe(true)
    expect(original.messageAttributes).toStrictEqual(toLambda(body, attributes).messageAttributes)
  })

  it('that was packed is read as its message when it is redriven, and packed as it is when it is parked again', async () => {
    const body = `{"spillway":1,"name":"order","version":1,"key":"k","time":"2026-01-01T00:00:00.000Z","body":"${random(1_048_400)}"}`
    await put(body, {})
    const packed = await park()
    // The console shows whose message it is.
    expect(JSON.parse(packed.Body ?? '')).toMatchObject({
      name: 'order',
      key: 'k',
      packed: 'spillway.packed',
    })
    // AWS's own move task sends a copy as it is.
    counter++
    await put(packed.Body ?? '', packed.MessageAttributes ?? {})
    let text: string | undefined
    const again = await park('', client, {}, async ([record]) => {
      expect(record?.redriveOf).toBe(packed.MessageAttributes?.['spillway.messageId']?.StringValue)
      expect(record?.loadBytes).toBeGreaterThan(1_048_000)
      text = await record?.load?.(ample())
    })
    expect(text === body).toBe(true)
    expect((await originalOf(delivered(again))).body === body).toBe(true)
  })

  it('that is damaged is gone for good, and one that would take all memory is not unpacked', async () => {
    const bomb = gzipSync(JSON.stringify({ body: 'x'.repeat(8_000_000), attributes: {} }))
    for (const value of [Buffer.from('no gzip'), gzipSync('{"body":7}'), bomb]) {
      const attribute = { dataType: 'Binary.message', binaryValue: value.toString('base64') }
      const copy = { body: '-', messageAttributes: { 'spillway.packed': attribute } } as never
      await expect(originalOf(copy)).rejects.toMatchObject({ code: 'SPILLWAY_CLAIM_MISSING' })
    }
  })

  it('is left to the queue itself where nothing has room beside it', async () => {
    const attributes = { noise: { DataType: 'Binary', BinaryValue: randomBytes(1_048_560) } }
    await put('x', attributes)
    await expect(park()).rejects.toMatchObject({
      code: 'SPILLWAY_PARK_FAILED',
      message: expect.stringContaining('SQS itself moves it'),
    })
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

  it('says why it was parked the last time', async () => {
    await put('x', { 'spillway.code': text('earlier'), 'spillway.issues': text('[]') })
    const copy = await park()
    expect(own(copy)).toStrictEqual({})
    expect(copy.MessageAttributes?.['spillway.code']?.StringValue).toBe('C')
    expect(copy.MessageAttributes).not.toHaveProperty('spillway.issues')
  })
})
