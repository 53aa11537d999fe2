import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListDeadLetterSourceQueuesCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type QueueEngine, startQueues } from './index.ts'

let engine: QueueEngine
let sqs: SQSClient
let QueueUrl: string

const queues = [
  { name: 'orders', visibilityTimeout: 1, deadLetterQueue: 'orders-dlq', maxReceiveCount: 2 },
  {
    name: 'ledger.fifo',
    visibilityTimeout: 30,
    deadLetterQueue: undefined,
    maxReceiveCount: 5,
    retention: 600,
  },
]

beforeEach(async () => {
  engine = await startQueues({ queues })
  sqs = new SQSClient({
    endpoint: engine.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
  QueueUrl = engine.queueUrl('orders')
})

afterEach(async () => {
  sqs.destroy()
  await engine.stop()
})

const send = (MessageBody: string) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))

async function receive(options: { wait?: number; url?: string; max?: number } = {}) {
  const { wait = 0, url = QueueUrl, max = 10 } = options
  const command = new ReceiveMessageCommand({
    QueueUrl: url,
    MaxNumberOfMessages: max,
    WaitTimeSeconds: wait,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  })
  return (await sqs.send(command)).Messages ?? []
}

it.each([
  ['orders', '345600'],
  ['orders-dlq', '1209600'],
  ['ledger.fifo', '600'],
])('keeps messages of %s for %s s', async (name, seconds) => {
  const command = new GetQueueAttributesCommand({
    QueueUrl: engine.queueUrl(name),
    AttributeNames: ['MessageRetentionPeriod'],
  })
  expect((await sqs.send(command)).Attributes).toStrictEqual({ MessageRetentionPeriod: seconds })
})

it('sends, receives and deletes', async () => {
  const sent = await sqs.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody: 'a',
      MessageAttributes: { tenant: { DataType: 'String', StringValue: 't1' } },
    }),
  )
  const [message] = await receive()
  expect(message).toMatchObject({
    MessageId: sent.MessageId,
    Body: 'a',
    Attributes: { ApproximateReceiveCount: '1' },
    MessageAttributes: { tenant: { DataType: 'String', StringValue: 't1' } },
  })
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }))
  expect(await engine.depth('orders')).toEqual({ visible: 0, inFlight: 0, delayed: 0 })
})

it.each(['orders', 'ledger.fifo'])(
  'counts the bytes of a binary attribute, not its base64, and returns them: %s',
  async (queue) => {
    const url = engine.queueUrl(queue)
    const size = 1_048_576 - 'x'.length - 'bytes'.length - 'Binary.png'.length
    const sendBinary = (length: number) =>
      sqs.send(
        new SendMessageCommand({
          QueueUrl: url,
          MessageBody: 'x',
          MessageAttributes: {
            bytes: { DataType: 'Binary.png', BinaryValue: new Uint8Array(length).fill(255) },
          },
          ...(queue.endsWith('.fifo') && { MessageGroupId: 'g', MessageDeduplicationId: String(length) }),
        }),
      )
    await sendBinary(size)
    await expect(sendBinary(size + 1)).rejects.toMatchObject({ name: 'InvalidParameterValue' })
    const [message] = await receive({ url })
    const { DataType, BinaryValue } = message?.MessageAttributes?.bytes ?? {}
    expect(DataType).toBe('Binary.png')
    expect(Buffer.from(BinaryValue ?? []).equals(Buffer.alloc(size, 255))).toBe(true)
  },
)

it('returns queue URLs with its own host and port', async () => {
  const { QueueUrl: url } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'orders' }))
  expect(url).toBe(QueueUrl)
  expect(new URL(QueueUrl).origin).toBe(engine.endpoint)
  const { QueueUrls } = await sqs.send(new ListQueuesCommand({}))
  expect(QueueUrls).toEqual(['ledger.fifo', 'orders', 'orders-dlq'].map((name) => engine.queueUrl(name)))
  expect(engine.queueArn('orders')).toBe('arn:aws:sqs:us-east-1:000000000000:orders')
})

it('answers a long poll as soon as a message arrives', async () => {
  const started = Date.now()
  const poll = receive({ wait: 20 })
  await send('late')
  expect((await poll).map((message) => message.Body)).toEqual(['late'])
  expect(Date.now() - started).toBeLessThan(5000)
})

it('delivers again after the visibility time-out, and dead-letters after maxReceiveCount receives', async () => {
  await send('poison')
  expect((await receive())[0]?.Attributes?.ApproximateReceiveCount).toBe('1')
  expect(await receive()).toEqual([])
  expect((await receive({ wait: 15 }))[0]?.Attributes?.ApproximateReceiveCount).toBe('2')
  await expect.poll(async () => (await engine.depth('orders')).visible).toBe(1)
  expect(await receive()).toEqual([])
  expect(await engine.depth('orders')).toEqual({ visible: 0, inFlight: 0, delayed: 0 })
  expect(await engine.messages('orders-dlq')).toMatchObject([{ body: 'poison', state: 'visible' }])
})

it('changes visibility in batches', async () => {
  await send('a')
  await send('b')
  const Entries = (await receive()).map(({ ReceiptHandle }, index) => ({
    Id: String(index),
    ReceiptHandle,
    VisibilityTimeout: index === 0 ? 0 : 60,
  }))
  const bogus = { Id: 'bogus', ReceiptHandle: 'made up', VisibilityTimeout: 0 }
  const answer = await sqs.send(
    new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries: [...Entries, bogus] }),
  )
  expect(answer.Successful).toEqual([{ Id: '0' }, { Id: '1' }])
  expect(answer.Failed).toMatchObject([{ Id: 'bogus', SenderFault: true, Code: 'ReceiptHandleIsInvalid' }])
  expect(await engine.depth('orders')).toEqual({ visible: 1, inFlight: 1, delayed: 0 })
})

it('rejects the invalid entries of a batch', async () => {
  const answer = await sqs.send(
    new SendMessageBatchCommand({
      QueueUrl,
      Entries: [
        { Id: 'good', MessageBody: 'a' },
        { Id: 'charset', MessageBody: 'a\u0000' },
        { Id: 'delay', MessageBody: 'a', DelaySeconds: 901 },
      ],
    }),
  )
  expect(answer.Successful?.map(({ Id }) => Id)).toEqual(['good'])
  expect(answer.Failed?.map(({ Id, Code }) => [Id, Code])).toEqual([
    ['charset', 'InvalidMessageContents'],
    ['delay', 'InvalidParameterValue'],
  ])
  const allBad = new SendMessageBatchCommand({
    QueueUrl,
    Entries: [{ Id: 'delay', MessageBody: 'a', DelaySeconds: -1 }],
  })
  expect((await sqs.send(allBad)).Failed?.map(({ Id }) => Id)).toEqual(['delay'])
})

it('rejects invalid requests with the errors of SQS', async () => {
  await expect(send('x'.repeat(1_048_577))).rejects.toMatchObject({ name: 'InvalidParameterValue' })
  await expect(
    sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a', DelaySeconds: 901 })),
  ).rejects.toMatchObject({ name: 'InvalidParameterValue' })
  await expect(
    sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: 'made up' })),
  ).rejects.toMatchObject({ name: 'ReceiptHandleIsInvalid' })
  await expect(receive({ url: engine.queueUrl('none') })).rejects.toMatchObject({
    name: 'QueueDoesNotExist',
  })
})

it('lists messages without receiving them', async () => {
  await send('in flight')
  await receive()
  const MessageAttributes = { n: { DataType: 'Number', StringValue: '1' } }
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'visible', MessageAttributes }))
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'delayed', DelaySeconds: 900 }))
  const messages = await engine.messages('orders')
  expect(messages.map(({ messageId: _, ...rest }) => rest)).toEqual([
    { body: 'visible', attributes: { n: '1' }, state: 'visible', receiveCount: 0 },
    { body: 'in flight', attributes: {}, state: 'in-flight', receiveCount: 1 },
    { body: 'delayed', attributes: {}, state: 'delayed', receiveCount: 0 },
  ])
  expect(await engine.depth('orders')).toEqual({ visible: 1, inFlight: 1, delayed: 1 })
  await expect(engine.depth('none')).rejects.toMatchObject({ code: 'SPILLWAY_OPTION_INVALID' })
})

it('counts a message whose visibility time-out has passed as visible', async () => {
  await send('a')
  await receive()
  expect(await engine.depth('orders')).toEqual({ visible: 0, inFlight: 1, delayed: 0 })
  await expect.poll(() => engine.depth('orders')).toEqual({ visible: 1, inFlight: 0, delayed: 0 })
})

it('loses no message when a long poll is aborted', async () => {
  const url = engine.queueUrl('ledger.fifo')
  const abort = new AbortController()
  const command = new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 20 })
  const poll = sqs.send(command, { abortSignal: abort.signal })
  // The engine has seen the poll once it has answered a request that was sent after it.
  await receive({ url })
  abort.abort()
  await expect(poll).rejects.toMatchObject({ name: 'AbortError' })
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: url,
      MessageBody: 'a',
      MessageGroupId: 'g',
      MessageDeduplicationId: 'd',
    }),
  )
  const messages = await receive({ url, wait: 5 })
  expect(messages.map(({ Body, Attributes }) => [Body, Attributes?.MessageGroupId])).toEqual([['a', 'g']])
})

it('keeps characters beyond U+FFFF', async () => {
  const bodies = ['🌊 spill', '\uE000d83c', 'plain', '\uE000🌊']
  for (const body of bodies) await send(body)
  const Entries = [{ Id: 'a', MessageBody: '🚿' }]
  await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
  expect((await engine.messages('orders')).map(({ body }) => body)).toEqual([...bodies, '🚿'])
  expect((await receive()).map(({ Body }) => Body)).toEqual([...bodies, '🚿'])
})

/** The largest body that SQS accepts, in bytes. */
const mebibyte = 1_048_576
const full = '🌊'.repeat(mebibyte / 4)

it('accepts a body of emoji up to the limit, which counts its UTF-8 bytes', async () => {
  await send(full)
  expect((await receive())[0]?.Body).toBe(full)
  const [emoji, ascii] = await Promise.all(
    [`${full}x`, 'x'.repeat(mebibyte + 1)].map((body) => send(body).catch((error) => error)),
  )
  expect(emoji).toMatchObject({ name: 'InvalidParameterValue', message: ascii.message })
})

it('accepts a batch with emoji up to the limit, which counts their UTF-8 bytes', async () => {
  const sendBoth = (...both: readonly string[]) => {
    const Entries = both.map((MessageBody, id) => ({ Id: String(id), MessageBody }))
    return sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
  }
  const half = '🌊'.repeat(mebibyte / 8)
  expect((await sendBoth(half, half)).Successful).toHaveLength(2)
  expect((await receive()).map(({ Body }) => Body)).toEqual([half, half])
  const [emoji, ascii] = await Promise.all([
    sendBoth(half, `${half}x`).catch((error) => error),
    sendBoth('x'.repeat(mebibyte), 'x').catch((error) => error),
  ])
  expect(emoji).toMatchObject({ name: 'BatchRequestTooLong', message: ascii.message })
})

it('rejects invalid characters in a body, also beside emoji', async () => {
  for (const body of ['🌊\u0000', '\uFFFF🌊', '🌊\uD83C']) {
    await expect(post('SendMessage', { QueueUrl, MessageBody: body })).resolves.toMatchObject({
      status: 400,
      answer: { __type: 'com.amazonaws.sqs#InvalidMessageContents' },
    })
  }
})

it('deduplicates two equal bodies of emoji in a FIFO queue', async () => {
  const url = engine.queueUrl('ledger.fifo')
  const command = (MessageBody: string) =>
    new SendMessageCommand({ QueueUrl: url, MessageBody, MessageGroupId: 'g', MessageDeduplicationId: 'd' })
  const [one, same] = [await sqs.send(command('🌊')), await sqs.send(command('🌊'))]
  expect(same).toMatchObject({ MessageId: one.MessageId, MD5OfMessageBody: one.MD5OfMessageBody })
  expect((await receive({ url })).map(({ Body }) => Body)).toEqual(['🌊'])
})

async function post(action: string, body: unknown) {
  const response = await fetch(engine.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}` },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return {
    status: response.status,
    error: response.headers.get('x-amzn-query-error'),
    answer: (await response.json()) as Record<string, unknown>,
  }
}

it.each([
  ['SendMessageBatch', { Entries: [null] }],
  ['SendMessageBatch', { Entries: ['a'] }],
  ['SendMessageBatch', { Entries: [[]] }],
  ['SendMessageBatch', { Entries: 5 }],
  ['SendMessageBatch', { Entries: [{ Id: '0', MessageBody: 5 }] }],
  ['SendMessage', { MessageBody: { length: 1 } }],
  ['SendMessage', 'null'],
  ['SendMessage', '"text"'],
  ['SendMessage', '[]'],
  ['SendMessage', '{"MessageBody":'],
  ['SendMessage', ''],
])('rejects an unreadable %s: %j', async (action, body) => {
  const request = typeof body === 'string' ? body : { QueueUrl, ...body }
  expect(await post(action, request)).toEqual({
    status: 400,
    error: 'SerializationException;Sender',
    answer: {
      __type: 'com.amazonaws.sqs#SerializationException',
      message: expect.stringContaining('cannot be read'),
    },
  })
})

it.each([
  ['SendMessageBatch', { Entries: [{ Id: '0' }] }],
  ['SendMessage', { MessageBody: 'a', MessageAttributes: { a: null } }],
  ['SendMessage', { MessageBody: 'a', MessageAttributes: { a: { StringValue: 'x' } } }],
  ['ReceiveMessage', { QueueUrl: 5 }],
  ['ReceiveMessage', { AttributeNames: 5 }],
])('answers %s %j without an internal error message', async (action, body) => {
  expect(await post(action, { QueueUrl, ...body })).toEqual({
    status: 400,
    error: 'InvalidParameterValue;Sender',
    answer: {
      __type: 'com.amazonaws.sqs#InvalidParameterValue',
      message: 'A parameter is missing or has a value of another type than it should.',
    },
  })
})

it('reports that its port is in use', async () => {
  const port = Number(new URL(engine.endpoint).port)
  await expect(startQueues({ queues, port })).rejects.toMatchObject({ code: 'SPILLWAY_PORT_IN_USE' })
})

it('listens on loopback only', async () => {
  const { hostname, port } = new URL(engine.endpoint)
  expect(hostname).toBe('127.0.0.1')
  const others = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  for (const { address } of others.filter(({ internal, family }) => !internal && family === 'IPv4')) {
    const reached = await new Promise((resolve) => {
      const socket = connect({ host: address, port: Number(port), timeout: 1000 })
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('timeout', () => resolve(false)).once('close', () => socket.destroy())
    })
    expect(reached).toBe(false)
  }
})

it.each([
  ['a form post, as a web page may send', { 'content-type': 'application/x-www-form-urlencoded' }, '/'],
  ['an inspection page', {}, '/_fauxqs/queues'],
])('does not serve %s', async (_, headers, path) => {
  const method = path === '/' ? 'POST' : 'GET'
  const body = method === 'POST' ? 'Action=ListTopics' : null
  const response = await fetch(`${engine.endpoint}${path}`, { method, headers, body })
  expect(response.status).toBe(404)
})

it('lists the source queues of a dead-letter queue', async () => {
  const list = async (name: string) => {
    const command = new ListDeadLetterSourceQueuesCommand({ QueueUrl: engine.queueUrl(name) })
    return (await sqs.send(command)).queueUrls
  }
  expect(await list('orders-dlq')).toStrictEqual([engine.queueUrl('orders')])
  expect(await list('orders')).toStrictEqual([])
  await expect(list('none')).rejects.toMatchObject({ name: 'QueueDoesNotExist' })
})
