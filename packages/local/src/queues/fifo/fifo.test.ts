import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type QueueEngine, startQueues } from '../index.ts'

// These tests use the unmodified SDK client. Only the date is faked, so that no test waits for a time-out.

const queues = [
  { name: 'ledger.fifo', visibilityTimeout: 30, deadLetterQueue: 'ledger-dlq.fifo', maxReceiveCount: 2 },
]

let engine: QueueEngine
let sqs: SQSClient
let QueueUrl: string
let sent: number

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  engine = await startQueues({ queues })
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  sqs = new SQSClient({ endpoint: engine.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 })
  QueueUrl = engine.queueUrl('ledger.fifo')
  sent = 0
})

afterEach(async () => {
  sqs.destroy()
  await engine.stop()
  vi.useRealTimers()
})

const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)

/** Sends bodies in one batch. `a1` goes to the group `a`. */
async function send(...bodies: readonly string[]) {
  const Entries = bodies.map((MessageBody) => {
    const Id = String(sent++)
    return { Id, MessageBody, MessageGroupId: MessageBody.charAt(0), MessageDeduplicationId: Id }
  })
  return sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
}

async function receive(options: { max?: number; wait?: number; url?: string } = {}): Promise<Message[]> {
  const { max = 10, wait = 0, url = QueueUrl } = options
  const command = new ReceiveMessageCommand({
    QueueUrl: url,
    MaxNumberOfMessages: max,
    WaitTimeSeconds: wait,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  })
  return (await sqs.send(command)).Messages ?? []
}

const bodies = (messages: readonly Message[]) => messages.map(({ Body }) => Body)
const remove = ({ ReceiptHandle }: Message = {}) =>
  sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
const change = (VisibilityTimeout: number, { ReceiptHandle }: Message = {}) =>
  sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }))
const empty = { visible: 0, inFlight: 0, delayed: 0 }

it('returns the messages of a group in one receive, in order, before those of the next group', async () => {
  await send('a1', 'b1', 'a2', 'a3')
  expect(bodies(await receive())).toEqual(['a1', 'a2', 'a3', 'b1'])
})

it('returns no more than requested, and then nothing of a group with messages in flight', async () => {
  await send('a1', 'a2', 'a3', 'b1', 'c1')
  expect(bodies(await receive({ max: 2 }))).toEqual(['a1', 'a2'])
  expect(bodies(await receive({ max: 1 }))).toEqual(['b1'])
  expect(bodies(await receive())).toEqual(['c1'])
  expect(await receive()).toEqual([])
  expect(await engine.depth('ledger.fifo')).toEqual({ visible: 1, inFlight: 4, delayed: 0 })
})

it('returns more of a group when its last message in flight is deleted', async () => {
  await send('a1', 'a2', 'a3')
  const [one, two] = await receive({ max: 2 })
  await remove(one)
  expect(await receive()).toEqual([])
  await remove(two)
  expect(bodies(await receive())).toEqual(['a3'])
})

it('returns a group again, in the same order, after the visibility time-out', async () => {
  await send('a1', 'a2', 'a3')
  await receive({ max: 2 })
  pass(29)
  expect(await receive()).toEqual([])
  pass(2)
  const again = await receive()
  expect(bodies(again)).toEqual(['a1', 'a2', 'a3'])
  expect(again.map(({ Attributes }) => Attributes?.ApproximateReceiveCount)).toEqual(['2', '2', '1'])
})

it('returns a group again after a visibility of 0, but not while another of its messages is in flight', async () => {
  await send('a1', 'a2', 'a3')
  const [one, two] = await receive({ max: 2 })
  await change(0, one)
  expect(await receive()).toEqual([])
  await change(0, two)
  expect(bodies(await receive())).toEqual(['a1', 'a2', 'a3'])
})

it('returns nothing of a group while the visibility time-out of one of its messages is extended', async () => {
  await send('a1', 'a2')
  const [one] = await receive({ max: 1 })
  await change(600, one)
  pass(599)
  expect(await receive()).toEqual([])
  pass(2)
  expect(bodies(await receive())).toEqual(['a1', 'a2'])
})

it('deletes and changes in batches', async () => {
  await send('a1', 'a2', 'b1')
  const [a1, a2, b1] = await receive()
  const changed = await sqs.send(
    new ChangeMessageVisibilityBatchCommand({
      QueueUrl,
      Entries: [
        { Id: 'a2', ReceiptHandle: a2?.ReceiptHandle, VisibilityTimeout: 0 },
        { Id: 'range', ReceiptHandle: b1?.ReceiptHandle, VisibilityTimeout: 43_201 },
        { Id: 'bogus', ReceiptHandle: 'made up', VisibilityTimeout: 0 },
        { Id: 'unknown', ReceiptHandle: crypto.randomUUID(), VisibilityTimeout: 0 },
      ],
    }),
  )
  expect(changed.Successful).toEqual([{ Id: 'a2' }])
  expect(changed.Failed?.map(({ Id, Code }) => [Id, Code]).sort()).toEqual([
    ['bogus', 'ReceiptHandleIsInvalid'],
    ['range', 'InvalidParameterValue'],
    ['unknown', 'InvalidParameterValue'],
  ])
  const deleted = await sqs.send(
    new DeleteMessageBatchCommand({
      QueueUrl,
      Entries: [a1, a2, b1].map((message, index) => ({
        Id: String(index),
        ReceiptHandle: message?.ReceiptHandle,
      })),
    }),
  )
  expect(deleted.Successful).toEqual([{ Id: '0' }, { Id: '2' }])
  expect(deleted.Failed).toMatchObject([{ Id: '1', SenderFault: true, Code: 'InvalidParameterValue' }])
  expect(bodies(await receive())).toEqual(['a2'])
})

it('rejects a delete with an expired handle, and accepts a repeated delete', async () => {
  await send('a1')
  const [first] = await receive()
  pass(31)
  await expect(remove(first)).rejects.toMatchObject({
    name: 'InvalidParameterValue',
    message: expect.stringContaining('The receipt handle has expired.'),
  })
  await expect(change(60, first)).rejects.toMatchObject({ name: 'InvalidParameterValue' })
  const [second] = await receive()
  await expect(remove(first)).rejects.toMatchObject({ name: 'InvalidParameterValue' })
  await remove(second)
  await remove(second)
  expect(await engine.depth('ledger.fifo')).toEqual(empty)
})

it('dead-letters messages that were received too often, in order, and delivers those after them', async () => {
  await send('a1', 'a2')
  await receive()
  pass(31)
  await receive()
  await send('a3')
  pass(31)
  expect(bodies(await receive())).toEqual(['a3'])
  const url = engine.queueUrl('ledger-dlq.fifo')
  const dead = await receive({ url })
  expect(bodies(dead)).toEqual(['a1', 'a2'])
  expect(dead[0]?.Attributes).toMatchObject({
    MessageGroupId: 'a',
    MessageDeduplicationId: dead[0]?.MessageId,
    SentTimestamp: String(Date.now()),
    ApproximateReceiveCount: '3',
    DeadLetterQueueSourceArn: engine.queueArn('ledger.fifo'),
  })
})

it('drops messages with the same deduplication id for five minutes, even after a delete', async () => {
  const again = (MessageBody: string) =>
    sqs.send(
      new SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId: 'a', MessageDeduplicationId: 'd' }),
    )
  const first = await again('a1')
  expect(await again('another')).toMatchObject({
    MessageId: first.MessageId,
    SequenceNumber: first.SequenceNumber,
  })
  await remove((await receive())[0])
  pass(299)
  await again('a1')
  expect(await engine.depth('ledger.fifo')).toEqual(empty)
  pass(2)
  expect((await again('a2')).MessageId).not.toBe(first.MessageId)
  expect(bodies(await receive())).toEqual(['a2'])
})

it('returns a message as it was sent, with the requested attributes', async () => {
  await sqs.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody: '🌊',
      MessageGroupId: '1:a/b',
      MessageDeduplicationId: 'd',
      MessageAttributes: {
        'spill.code': { DataType: 'String', StringValue: 'x' },
        bytes: { DataType: 'Binary', BinaryValue: Buffer.from('bytes') },
      },
    }),
  )
  expect(await engine.messages('ledger.fifo')).toMatchObject([
    { body: '🌊', attributes: { 'spill.code': 'x' }, state: 'visible', receiveCount: 0 },
  ])
  const [all] = await receive()
  expect(all).toMatchObject({
    Body: '🌊',
    Attributes: {
      MessageGroupId: '1:a/b',
      MessageDeduplicationId: 'd',
      SequenceNumber: expect.stringMatching(/^\d{20}$/),
      ApproximateReceiveCount: '1',
      ApproximateFirstReceiveTimestamp: String(Date.now()),
      SentTimestamp: String(Date.now()),
    },
    MessageAttributes: {
      'spill.code': { DataType: 'String', StringValue: 'x' },
      bytes: { DataType: 'Binary', BinaryValue: new Uint8Array(Buffer.from('bytes')) },
    },
  })
  await change(0, all)
  const some = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MessageSystemAttributeNames: ['MessageGroupId'],
      MessageAttributeNames: ['spill.*'],
    }),
  )
  expect(some.Messages).toMatchObject([
    {
      Attributes: { MessageGroupId: '1:a/b' },
      MessageAttributes: { 'spill.code': { DataType: 'String', StringValue: 'x' } },
    },
  ])
})

it('answers a long poll as soon as a message arrives, or the messages in flight of its group are deleted', async () => {
  const arrives = receive({ wait: 20 })
  await send('a1', 'a2')
  expect(bodies(await arrives)).toEqual(['a1', 'a2'])

  await send('b1', 'b2')
  const [one] = await receive({ max: 1 })
  const opens = receive({ wait: 20 })
  await remove(one)
  expect(bodies(await opens)).toEqual(['b2'])
})

it('answers a long poll when a visibility time-out passes', async () => {
  vi.useRealTimers()
  await send('a1')
  const [one] = await receive()
  await change(1, one)
  expect(bodies(await receive({ wait: 5 }))).toEqual(['a1'])
})

it('counts its messages in the attributes of the queue, and forgets them when it is purged', async () => {
  await send('a1', 'b1', 'c1')
  await receive({ max: 1 })
  const read = async () => {
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    )
    const { ApproximateNumberOfMessages: visible, ApproximateNumberOfMessagesNotVisible: inFlight } =
      Attributes
    return { ...Attributes, visible, inFlight }
  }
  expect(await read()).toMatchObject({
    visible: '2',
    inFlight: '1',
    FifoQueue: 'true',
    ContentBasedDeduplication: 'false',
    VisibilityTimeout: '30',
    MessageRetentionPeriod: '345600',
  })
  await sqs.send(new PurgeQueueCommand({ QueueUrl }))
  expect(await read()).toMatchObject({ visible: '0', inFlight: '0' })
  const dead = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: engine.queueUrl('ledger-dlq.fifo'), AttributeNames: ['All'] }),
  )
  expect(dead.Attributes).toMatchObject({ FifoQueue: 'true', MessageRetentionPeriod: '1209600' })
})

it.each([
  ['no group', { MessageGroupId: undefined }, 'MissingParameter'],
  ['no deduplication id', { MessageDeduplicationId: undefined }, 'InvalidParameterValue'],
  ['a delay', { DelaySeconds: 5 }, 'InvalidParameterValue'],
  ['a group that is too long', { MessageGroupId: 'a'.repeat(129) }, 'InvalidParameterValue'],
  ['a space in its group', { MessageGroupId: 'a b' }, 'InvalidParameterValue'],
  ['a group with non-ASCII characters', { MessageGroupId: 'ä' }, 'InvalidParameterValue'],
  ['a number as group', { MessageGroupId: 5 as never }, 'InvalidParameterValue'],
  [
    'a deduplication id that is too long',
    { MessageDeduplicationId: 'd'.repeat(129) },
    'InvalidParameterValue',
  ],
  ['a space in its deduplication id', { MessageDeduplicationId: 'd d' }, 'InvalidParameterValue'],
])('rejects a message with %s, and accepts the others of its batch', async (_, change, name) => {
  const message = { MessageBody: 'a1', MessageGroupId: 'a', MessageDeduplicationId: 'd', ...change }
  await expect(sqs.send(new SendMessageCommand({ QueueUrl, ...message }))).rejects.toMatchObject({ name })
  const other = (Id: string) => ({ Id, MessageBody: Id, MessageGroupId: 'b', MessageDeduplicationId: Id })
  const Entries = [other('b1'), { Id: 'a1', ...message }, other('b2')]
  const { Successful, Failed } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
  expect(Successful?.map(({ Id }) => Id)).toEqual(['b1', 'b2'])
  expect(Failed).toMatchObject([{ Id: 'a1', SenderFault: true, Code: name }])
  expect(bodies(await receive())).toEqual(['b1', 'b2'])
})

it('accepts a group and a deduplication id of 128 letters, digits and punctuation', async () => {
  const longest = `${'a'.repeat(96)}!"#$%&'()*+,-./:;<=>?@[\\]^_\`{|}~`
  expect(longest).toHaveLength(128)
  const ids = { MessageGroupId: longest, MessageDeduplicationId: longest }
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a1', ...ids }))
  expect(await receive()).toMatchObject([{ Attributes: ids }])
})

it.each([{ max: 0 }, { max: 11 }, { wait: 21 }, { wait: -1 }])(
  'rejects a receive with %j',
  async (options) => {
    await expect(receive(options)).rejects.toMatchObject({ name: 'InvalidParameterValue' })
  },
)

/** Sends a request that no SDK would send. */
const request = (action: string, body: object) =>
  fetch(engine.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}` },
    body: JSON.stringify({ QueueUrl, ...body }),
  })

it.each([
  { MaxNumberOfMessages: '5' },
  { MaxNumberOfMessages: 2.5 },
  { VisibilityTimeout: 'long' },
  { WaitTimeSeconds: [] },
  { MessageAttributeNames: 5 },
  { AttributeNames: [null] },
  { MessageSystemAttributeNames: {} },
])('rejects a receive that no SDK would send: %j', async (change) => {
  await send('a1')
  expect((await request('ReceiveMessage', change)).status).toBe(400)
  expect(await engine.depth('ledger.fifo')).toEqual({ visible: 1, inFlight: 0, delayed: 0 })
})

it.each(['soon', 2.5, -1, 43_201, {}, undefined])(
  'rejects a visibility time-out of %j',
  async (VisibilityTimeout) => {
    await send('a1')
    const [{ ReceiptHandle } = {}] = await receive()
    const one = await request('ChangeMessageVisibility', { ReceiptHandle, VisibilityTimeout })
    expect(one.status).toBe(400)
    const Entries = [{ Id: 'a1', ReceiptHandle, VisibilityTimeout }]
    const many = await request('ChangeMessageVisibilityBatch', { Entries })
    expect(await many.json()).toMatchObject({ Successful: [], Failed: [{ Id: 'a1' }] })
    expect(await engine.depth('ledger.fifo')).toEqual({ visible: 0, inFlight: 1, delayed: 0 })
  },
)

it('delivers from a queue that a client created', async () => {
  await sqs.send(new CreateQueueCommand({ QueueName: 'own.fifo', Attributes: { FifoQueue: 'true' } }))
  QueueUrl = engine.queueUrl('own.fifo')
  await send('a1', 'a2')
  expect(bodies(await receive())).toEqual(['a1', 'a2'])

  await sqs.send(
    new CreateQueueCommand({ QueueName: 'late.fifo', Attributes: { FifoQueue: 'true', DelaySeconds: '60' } }),
  )
  QueueUrl = engine.queueUrl('late.fifo')
  await send('a3')
  expect(await engine.depth('late.fifo')).toEqual({ visible: 0, inFlight: 0, delayed: 1 })
  pass(61)
  expect(bodies(await receive())).toEqual(['a3'])
})

it('rejects a dead-letter queue of another type', async () => {
  for (const [name, deadLetterQueue] of [
    ['a.fifo', 'a-dlq'],
    ['a', 'a-dlq.fifo'],
  ] as const) {
    const queue = { name, deadLetterQueue, visibilityTimeout: 30, maxReceiveCount: 5 }
    await expect(startQueues({ queues: [queue] })).rejects.toMatchObject({ code: 'SPILLWAY_START_FAILED' })
  }
})
