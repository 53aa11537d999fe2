import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Message, ReceiveMessageCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import middy from '@middy/core'
import { type QueueEngine, startQueues } from '@spillway/local/testing'
import type { RecordSource, SourceRecord } from '@spillway/message'
import { systemClock } from '@spillway/message/internal'
import type { Context, SQSEvent } from 'aws-lambda'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sqsSource } from './index.ts'
import { maxBytes } from './pack.ts'
import { foreignEvents } from './testing/foreign-events.ts'
import { ample, clientOf, faulty } from './testing/sqs.ts'

let queues: QueueEngine
let client: SQSClient
const spec = { visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 0 }

beforeAll(async () => {
  const names = [
    'orders',
    'parked',
    'full',
    'delayed',
    'issues',
    'orders.fifo',
    'parked.fifo',
    'replaced',
    'replaced-dlq',
  ]
  queues = await startQueues({ queues: names.map((name) => ({ name, ...spec })) })
  client = clientOf(queues)
})
afterAll(async () => {
  client.destroy()
  await queues.stop()
})

function toEvent(queue: string, messages: readonly Partial<Message>[]): SQSEvent {
  return {
    Records: messages.map((message, index) => ({
      messageId: message.MessageId ?? `m${index}`,
      receiptHandle: message.ReceiptHandle ?? `r${index}`,
      body: message.Body ?? '',
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: '0',
        SenderId: 'x',
        ApproximateFirstReceiveTimestamp: '0',
        ...message.Attributes,
      },
      messageAttributes: Object.fromEntries(
        Object.entries(message.MessageAttributes ?? {}).map(([name, { DataType, StringValue }]) => [
          name,
          { dataType: DataType ?? '', ...(StringValue !== undefined && { stringValue: StringValue }) },
        ]),
      ),
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: queues.queueArn(queue),
      awsRegion: queues.region,
    })),
  }
}

async function sourceOf(
  queue: string,
  deadLetterQueue: string,
  messages: readonly Partial<Message>[],
  options: object = {},
): Promise<RecordSource> {
  let source: RecordSource | undefined
  const queueUrl = queues.queueUrl(queue)
  const handler = middy()
    .use(sqsSource({ queueUrl, deadLetterQueueUrl: queues.queueUrl(deadLetterQueue), client, ...options }))
    .handler((event) => {
      source = event.source
    })
  await handler(toEvent(queue, messages) as never, {} as Context)
  return source as unknown as RecordSource
}

describe('records', () => {
  it('have a lane of their own on a standard queue, even with a group', async () => {
    const { records } = await sourceOf('orders', 'parked', [
      { MessageId: 'a', Body: 'x', Attributes: { ApproximateReceiveCount: '4', MessageGroupId: 'tenant' } },
      { MessageId: 'b', Body: 'y' },
    ])
    expect(records).toStrictEqual([
      { id: 'a', body: 'x', lane: 'a', receiveCount: 4, raw: expect.objectContaining({ messageId: 'a' }) },
      { id: 'b', body: 'y', lane: 'b', receiveCount: 1, raw: expect.objectContaining({ messageId: 'b' }) },
    ])
  })

  it('have their group as lane on a FIFO queue', async () => {
    const { records } = await sourceOf('orders.fifo', 'parked.fifo', [
      { MessageId: 'a', Attributes: { MessageGroupId: 'g' } },
      { MessageId: 'b', Attributes: { MessageGroupId: 'g' } },
    ])
    expect(records.map(({ lane }) => lane)).toStrictEqual(['g', 'g'])
  })
})

describe('an event that is not of a queue as Lambda delivers it', () => {
  const handler = middy()
    .use(
      sqsSource({
        queueUrl: 'https://sqs/1/orders',
        deadLetterQueueUrl: 'https://sqs/1/orders-dlq',
        client: { send: () => Promise.reject(new Error('nothing is to be sent')) },
      }),
    )
    .handler((event) => event.source)
  const run = (event: unknown) => handler(event as never, {} as Context)

  it.each(foreignEvents)('throws with the name of what it got: %s', async (_, event, says) => {
    await expect(run(event)).rejects.toMatchObject({
      code: 'SPILLWAY_SOURCE_MISSING',
      message: expect.stringContaining(says),
    })
  })

  it('says which service it is, and what to do', async () => {
    await expect(run({ Records: [{ eventSource: 'aws:kinesis' }] })).rejects.toThrow(
      'sqsSource reads queues of SQS, but got records of aws:kinesis. Use another source middleware, or another event source mapping.',
    )
  })

  it.each([
    [{ messageId: 'a', body: '{}' }, '`receiptHandle`, `attributes`, `eventSourceARN`'],
    [{ body: '{}' }, '`messageId`, `receiptHandle`, `attributes`, `eventSourceARN`'],
    [{ receiptHandle: undefined }, '`receiptHandle`'],
    [{ attributes: null }, '`attributes`'],
    [{ attributes: 'x' }, '`attributes`'],
    [{ messageId: 'a', body: null }, '`receiptHandle`, `body`, `attributes`, `eventSourceARN`'],
    [{ eventSourceARN: 7 }, '`eventSourceARN`'],
  ])('says what a record of a test lacks: %j', async (parts, missing) => {
    const [whole] = toEvent('orders', [{}]).Records
    const record = Object.keys(parts).length > 1 || 'body' in parts ? parts : { ...whole, ...parts }
    await expect(run({ Records: [whole, record] })).rejects.toMatchObject({
      code: 'SPILLWAY_SOURCE_MISSING',
      message: expect.stringMatching(
        /^sqsSource needs records as Lambda delivers them, but record 1 lacks .*\. In a test, sqsEvent\(\) of @spillway\/sqs\/testing makes complete records\.$/,
      ),
    })
    await expect(run({ Records: [whole, record] })).rejects.toThrow(`lacks ${missing}. In`)
  })

  it('throws when a middleware before it decoded the bodies: nothing could read or park them', async () => {
    const { Records } = toEvent('orders', [{ Body: '{"spillway":1}' }])
    await expect(run({ Records: [{ ...Records[0], body: { spillway: 1 } }] })).rejects.toMatchObject({
      code: 'SPILLWAY_SOURCE_MISSING',
      message: expect.stringContaining(
        'Remove the middleware that decodes them, for example sqsJsonBodyParser()',
      ),
    })
  })
})

describe('a record that a middleware in between replaced', () => {
  it('is still put off, and parked with all that was delivered', async () => {
    const QueueUrl = queues.queueUrl('replaced')
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }))
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: ['All'] }),
    )
    const source = await sourceOf('replaced', 'replaced-dlq', Messages)
    const record = { ...source.records[0], lane: 'another' } as SourceRecord
    await source.delay([{ record, seconds: 0 }], ample())
    expect(await queues.depth('replaced')).toMatchObject({ visible: 1, inFlight: 0 })
    await source.park(record, { code: 'X', detail: 'y' }, ample())
    const copy = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: queues.queueUrl('replaced-dlq'),
        MessageAttributeNames: ['All'],
      }),
    )
    expect(copy.Messages?.[0]?.MessageAttributes?.['spillway.sentAt']?.StringValue).toBe(
      new Date(Number(Messages[0]?.Attributes?.SentTimestamp)).toISOString(),
    )
  })
})

describe('park', () => {
  it('puts a copy with its reason into the dead-letter queue', async () => {
    const source = await sourceOf('orders', 'parked', [
      { MessageId: 'a', Body: '{"x":1}', Attributes: { ApproximateReceiveCount: '2' } },
    ])
    const [record] = source.records
    if (record === undefined) throw new Error('no record')
    const issues = [{ path: '/x', message: 'too small' }]
    await source.park(record, { code: '23514', detail: 'a check\u0000 failed', issues }, ample())
    expect(await queues.messages('parked')).toMatchObject([
      {
        body: '{"x":1}',
        attributes: {
          'spillway.code': '23514',
          'spillway.reason': 'a check\uFFFD failed',
          'spillway.issues': '[{"path":"/x","message":"too small"}]',
          'spillway.messageId': 'a',
          'spillway.receiveCount': '2',
        },
      },
    ])
  })

  it('packs a body that leaves no room for the reason', async () => {
    const body = 'x'.repeat(maxBytes)
    const source = await sourceOf('orders', 'full', [{ MessageId: 'a', Body: body }])
    await source.park(source.records[0] as never, { code: 'X', detail: 'y' }, ample())
    expect(await queues.messages('full')).toMatchObject([
      {
        body: '{"packed":"spillway.packed"}',
        attributes: { 'spillway.code': 'X', 'spillway.reason': 'y', 'spillway.messageId': 'a' },
      },
    ])
  })

  it('keeps the lane on a FIFO queue', async () => {
    const source = await sourceOf('orders.fifo', 'parked.fifo', [
      { MessageId: 'a', Body: 'x', Attributes: { MessageGroupId: 'g' } },
    ])
    await source.park(source.records[0] as never, { code: 'X', detail: 'y' }, ample())
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: queues.queueUrl('parked.fifo'),
        MessageSystemAttributeNames: ['MessageGroupId'],
      }),
    )
    expect(Messages[0]?.Attributes).toStrictEqual({ MessageGroupId: 'g' })
  })

  it.each([{}, { MessageId: null }, { MessageId: '' }])(
    'rejects when the dead-letter queue does not confirm the copy: %j',
    async (answer) => {
      const silent = faulty(client, async () => answer)
      const source = await sourceOf('orders', 'parked', [{ MessageId: 'a', Body: 'x' }], { client: silent })
      await expect(
        source.park(source.records[0] as never, { code: 'X', detail: 'y' }, ample()),
      ).rejects.toMatchObject({
        code: 'SPILLWAY_PARK_FAILED',
      })
    },
  )
})

it('refuses to park into the queue that it reads', () => {
  const queueUrl = queues.queueUrl('orders')
  expect(() => sqsSource({ queueUrl, deadLetterQueueUrl: queueUrl })).toThrow(
    'sqsSource: the options `deadLetterQueueUrl` and `queueUrl` must be different queues: parked records would be read again.',
  )
})

it('keeps the issues of a parked record valid JSON, however many there are', async () => {
  const source = await sourceOf('orders', 'issues', [{ MessageId: 'a', Body: 'x' }])
  const issues = Array.from({ length: 30 }, (_, index) => ({ path: `/${index}`, message: 'm'.repeat(500) }))
  await source.park(source.records[0] as never, { code: 'X', detail: 'y', issues }, ample())
  const [parked] = await queues.messages('issues')
  expect(JSON.parse(parked?.attributes['spillway.issues'] ?? '')).toStrictEqual(issues.slice(0, 7))
})

describe('time', () => {
  it.each(['park', 'delay'] as const)(
    'is not overrun by %s on a queue that does not answer',
    async (action) => {
      const silent = createServer()
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
      const { port } = silent.address() as AddressInfo
      const hanging = clientOf({ ...queues, endpoint: `http://127.0.0.1:${port}` })
      const url = `http://127.0.0.1:${port}/000000000000/orders`
      const source = await sourceOf('orders', 'parked', [{ MessageId: 'a', Body: 'x' }], {
        client: hanging,
        queueUrl: url,
        deadLetterQueueUrl: `${url}-dlq`,
      })
      const record = source.records[0] as never
      const limit = { signal: new AbortController().signal, remainingTime: () => 200 }
      const startedAt = performance.now()
      if (action === 'delay') await source.delay([{ record, seconds: 1 }], limit)
      else
        await expect(source.park(record, { code: 'X', detail: 'y' }, limit)).rejects.toThrow(
          'did not take a record',
        )
      expect(performance.now() - startedAt).toBeLessThan(1500)
      hanging.destroy()
      silent.closeAllConnections()
      silent.close()
    },
  )
})

describe('delay', () => {
  it('sets when each record is visible again', async () => {
    const QueueUrl = queues.queueUrl('delayed')
    for (let n = 0; n < 12; n++)
      await client.send(new SendMessageCommand({ QueueUrl, MessageBody: String(n) }))
    const received: Message[] = []
    while (received.length < 12) {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
      )
      received.push(...Messages)
    }
    const source = await sourceOf('delayed', 'parked', received)
    await source.delay(
      source.records.map((record, index) => ({ record, seconds: index === 0 ? 600 : -1 })),
      ample(),
    )
    expect(await queues.depth('delayed')).toMatchObject({ visible: 11, inFlight: 1 })
  })

  it('is in requests of ten, sixteen at once, and never more than 12 hours from the receive', async () => {
    let now = 0
    let [running, most] = [0, 0]
    const asked: number[] = []
    const slow = {
      async send({
        input,
      }: {
        readonly input: { readonly Entries: { readonly VisibilityTimeout: number }[] }
      }) {
        most = Math.max(most, ++running)
        await new Promise((resolve) => setImmediate(resolve))
        running--
        asked.push(...input.Entries.map(({ VisibilityTimeout }) => VisibilityTimeout))
        expect(input.Entries.length).toBeLessThanOrEqual(10)
        return {}
      },
    }
    const messages = Array.from({ length: 505 }, (_, index) => ({ MessageId: String(index) }))
    const clock = { ...systemClock, now: () => now }
    const source = await sourceOf('orders', 'parked', messages, { client: slow, clock })
    now = 60_000
    await source.delay(
      source.records.map((record) => ({ record, seconds: 86_400 })),
      ample(),
    )
    expect([most, asked.length]).toStrictEqual([16, 505])
    // A quarter of an hour for what passed before the event, and the minute since.
    expect(new Set(asked)).toStrictEqual(new Set([43_200 - 900 - 60]))
  })

  it('ends with its time, however many there are', async () => {
    // Counts from the first request, however busy the machine is before it.
    let end = Number.POSITIVE_INFINITY
    const remainingTime = () => Math.min(150, end - performance.now())
    const limit = { signal: new AbortController().signal, remainingTime }
    let calls = 0
    const hanging = {
      send: (_: unknown, { abortSignal }: { readonly abortSignal: AbortSignal }) =>
        new Promise((_, reject) => {
          if (calls++ === 0) end = performance.now() + 150
          abortSignal.addEventListener('abort', () => reject(abortSignal.reason), { once: true })
        }),
    }
    const messages = Array.from({ length: 1000 }, (_, index) => ({ MessageId: String(index) }))
    const lines: unknown[] = []
    const note = (...line: unknown[]) => void lines.push(line)
    const logger = { info: note, warn: note, error: note }
    const source = await sourceOf('orders', 'parked', messages, { client: hanging, logger })
    await source.delay(
      source.records.map((record) => ({ record, seconds: 5 })),
      limit,
    )
    expect(performance.now()).toBeLessThan(end + 1000)
    // Of a hundred requests only those that had a turn.
    expect(calls).toBeLessThan(50)
    expect(lines).toMatchObject([
      [expect.stringContaining('Can it reach SQS'), { code: 'SPILLWAY_VISIBILITY_UNCHANGED' }],
    ])
  })

  it('never rejects, and says what went wrong', async () => {
    const error = new Error('secret')
    const broken = faulty(client, async () => {
      throw error
    })
    const lines: unknown[][] = []
    const note = (...line: unknown[]) => {
      lines.push(line)
      throw new Error('a log costs nothing')
    }
    const logger = { info: note, warn: note, error: note }
    const source = await sourceOf('orders', 'parked', [{ MessageId: 'a' }], { client: broken, logger })
    await source.delay([{ record: source.records[0] as never, seconds: 5 }], ample())
    expect(lines).toMatchObject([
      [expect.any(String), { code: 'SPILLWAY_VISIBILITY_UNCHANGED', error: { cause: error } }],
    ])
  })
})
