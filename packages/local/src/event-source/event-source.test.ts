import { SendMessageBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { InvocationResult } from '../functions/index.ts'
import { type QueueEngine, startQueues } from '../queues/index.ts'
import { startEventSource } from './index.ts'
import type { SqsRecord } from './record.ts'
import type { EventSource, EventSourceProblem, EventSourceSpec } from './types.ts'

type Handler = (records: readonly SqsRecord[]) => unknown

const queues = [
  { name: 'brief', visibilityTimeout: 1, deadLetterQueue: 'brief-dlq', maxReceiveCount: 2 },
  { name: 'orders', visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 5 },
  { name: 'ledger.fifo', visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 5 },
]
const until = { timeout: 10_000, interval: 20 }
/** For tests that send megabytes, which takes long on a busy machine. */
const longUntil = { timeout: 40_000, interval: 20 }

let engine: QueueEngine
let sqs: SQSClient
let source: EventSource | undefined
let problems: EventSourceProblem[]
let batches: (readonly SqsRecord[])[]

beforeEach(async () => {
  engine = await startQueues({ queues })
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  sqs = new SQSClient({ endpoint: engine.endpoint, region: engine.region, credentials })
  problems = []
  batches = []
})

afterEach(async () => {
  sqs.destroy()
  // Both at once, because the stopping engine ends the long polls of the event source.
  await Promise.all([source?.stop(), engine.stop()])
  source = undefined
})

function start(queue: string, handler: Handler, spec: Partial<EventSourceSpec> = {}): EventSource {
  source = startEventSource(
    {
      queueUrl: engine.queueUrl(queue),
      queueArn: engine.queueArn(queue),
      region: engine.region,
      endpoint: engine.endpoint,
      batchSize: 10,
      batchingWindow: 0,
      maximumConcurrency: undefined,
      visibilityTimeout: queue === 'brief' ? 1 : 30,
      ...spec,
    },
    {
      function: {
        name: 'write',
        async invoke(event) {
          const { Records } = event as { readonly Records: readonly SqsRecord[] }
          batches.push(Records)
          const result = await handler(Records)
          return isResult(result) ? result : { ok: true, payload: result }
        },
      },
      onProblem: (problem) => problems.push(problem),
    },
  )
  return source
}

function isResult(value: unknown): value is InvocationResult {
  return typeof value === 'object' && value !== null && 'ok' in value
}

async function send(queue: string, bodies: readonly string[]): Promise<void> {
  for (let first = 0; first < bodies.length; first += 10) {
    const Entries = bodies
      .slice(first, first + 10)
      .map((MessageBody, id) => ({ Id: String(id), MessageBody }))
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: engine.queueUrl(queue), Entries }))
  }
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => String(index))
const bodies = () => batches.flat().map(({ body }) => body)
const receiveCount = (record: SqsRecord | undefined) => record?.attributes.ApproximateReceiveCount
const empty = { visible: 0, inFlight: 0, delayed: 0 }
const failure = (kind: 'error' | 'timeout' | 'crash' | 'throttle'): InvocationResult => ({
  ok: false,
  kind,
  error: { errorType: 'Test', errorMessage: 'as the test asks' },
})

it('delivers all messages in batches of at most batchSize, and deletes them', async () => {
  await send('orders', numbers(25))
  const { state } = start('orders', () => ({ batchItemFailures: [] }))
  await vi.waitFor(async () => expect(await engine.depth('orders')).toEqual(empty), until)
  expect(batches.map((batch) => batch.length).sort()).toEqual([10, 10, 5])
  expect(bodies().sort()).toEqual(numbers(25).sort())
  await expect.poll(state).toEqual({ pollers: 5, invoking: 0, batches: 3, succeeded: 25, failed: 0 })
  expect(problems).toEqual([])
})

it('creates records as Lambda does', async () => {
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: engine.queueUrl('orders'),
      MessageBody: '{"a":1}',
      MessageAttributes: {
        text: { DataType: 'String', StringValue: 'x' },
        bytes: { DataType: 'Binary', BinaryValue: Buffer.from('bytes') },
      },
    }),
  )
  start('orders', () => null)
  await vi.waitFor(() => expect(batches).toHaveLength(1), until)
  const lists = { stringListValues: [], binaryListValues: [] }
  expect(batches[0]).toEqual([
    {
      messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      receiptHandle: expect.any(String),
      body: '{"a":1}',
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: expect.stringMatching(/^\d+$/),
        SenderId: expect.any(String),
        ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d+$/),
      },
      messageAttributes: {
        text: { stringValue: 'x', dataType: 'String', ...lists },
        bytes: { binaryValue: Buffer.from('bytes').toString('base64'), dataType: 'Binary', ...lists },
      },
      md5OfBody: 'bb6cb5c68df4652941caf652a366f2d8',
      md5OfMessageAttributes: expect.stringMatching(/^[0-9a-f]{32}$/),
      eventSource: 'aws:sqs',
      eventSourceARN: engine.queueArn('orders'),
      awsRegion: 'us-east-1',
    },
  ])
})

it('fills a batch of more than ten records from a backlog, without waiting for the window', async () => {
  await send('orders', numbers(120))
  const started = Date.now()
  start('orders', () => null, { batchSize: 50, batchingWindow: 3 })
  await vi.waitFor(() => expect(batches.map((batch) => batch.length).slice(0, 2)).toEqual([50, 50]), until)
  expect(Date.now() - started).toBeLessThan(2500)
  await vi.waitFor(() => expect(batches.map((batch) => batch.length)).toEqual([50, 50, 20]), until)
  expect(Date.now() - started).toBeGreaterThan(2900)
})

it('invokes with fewer records when the window has passed', async () => {
  start('orders', () => null, { batchSize: 50, batchingWindow: 1 })
  await send('orders', ['a', 'b'])
  await send('orders', ['c'])
  await vi.waitFor(() => expect(batches).toHaveLength(1), until)
  expect(bodies().sort()).toEqual(['a', 'b', 'c'])
})

it('starts the next batch with the record that would make the payload too large', async () => {
  // Escaped, it is 2 MB of JSON: three fit.
  const large = (name: string) => name + '"'.repeat(1_000_000)
  for (const name of 'abcde') await send('orders', [large(name)])
  // The window is long enough for a busy machine to receive all of it.
  start('orders', () => null, { batchSize: 100, batchingWindow: 3 })
  await vi.waitFor(async () => expect(await engine.depth('orders')).toEqual(empty), longUntil)
  expect(batches.map((batch) => batch.length)).toEqual([3, 2])
  expect(
    bodies()
      .map((body) => body[0])
      .sort(),
  ).toEqual([...'abcde'])
  expect(batches.flat().map(receiveCount)).toEqual(Array(5).fill('1'))
})

it('keeps the records that it carried over when fewer pollers are needed', async () => {
  // Four of them, escaped, are 6.4 MB of JSON: three fit, one is carried over.
  const large = '"'.repeat(800_000)
  for (let count = 0; count < 28; count += 1) await send('orders', [large])
  const first = Promise.withResolvers<void>()
  const others = Promise.withResolvers<void>()
  const { state } = start(
    'orders',
    () => {
      if (batches.length > 7) return null
      return batches.length === 1 ? first.promise : others.promise
    },
    { batchSize: 4, maximumConcurrency: 7 },
  )
  await vi.waitFor(() => expect(state().invoking).toBe(7), longUntil)
  first.resolve()
  // The first poller has found the queue empty and ended, so others will follow.
  await vi.waitFor(() => expect(state().pollers).toBe(6), longUntil)
  others.resolve()
  await vi.waitFor(async () => expect(await engine.depth('orders')).toEqual(empty), longUntil)
  expect(batches.flat().map(receiveCount)).toEqual(Array(28).fill('1'))
  await vi.waitFor(() => expect(state()).toMatchObject({ pollers: 5, succeeded: 28 }), longUntil)
  // 22 MB go through the queue and 45 MB to the function.
}, 180_000)

it('never exceeds maximumConcurrency, and does not receive the remaining messages', async () => {
  await send('brief', numbers(40))
  let running = 0
  let most = 0
  let release: () => void = () => undefined
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const { state } = start(
    'brief',
    async () => {
      running += 1
      most = Math.max(most, running)
      await gate
      running -= 1
    },
    { maximumConcurrency: 2, batchSize: 5, visibilityTimeout: 30 },
  )
  await vi.waitFor(() => expect(batches).toHaveLength(2), until)
  // When all 40 are visible again, a second has passed, in which pollers could have been added.
  await vi.waitFor(async () => expect((await engine.depth('brief')).visible).toBe(40), until)
  const messages = await engine.messages('brief')
  expect(messages.filter((message) => message.receiveCount === 0)).toHaveLength(30)
  expect(state()).toMatchObject({ pollers: 2, invoking: 2 })
  release()
  await vi.waitFor(() => expect(new Set(bodies()).size).toBe(40), until)
  expect(most).toBe(2)
})

it('adds pollers while all are busy', async () => {
  await send('orders', numbers(30))
  let release: () => void = () => undefined
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const { state } = start('orders', () => gate, { batchSize: 1, maximumConcurrency: 12 })
  const seen = new Set<number>()
  await vi.waitFor(() => {
    seen.add(state().invoking)
    expect(state().invoking).toBe(12)
  }, until)
  expect([...seen].filter((count) => count > 5).sort((a, b) => a - b)[0]).toBeGreaterThanOrEqual(6)
  release()
  await vi.waitFor(() => expect(state()).toMatchObject({ pollers: 5, succeeded: 30 }), until)
})

it('delivers a failed record again after the visibility time-out, and deletes the others', async () => {
  await send('brief', ['good', 'bad', 'fine'])
  start('brief', (records) => ({
    batchItemFailures: records
      .filter((record) => record.body === 'bad' && receiveCount(record) === '1')
      .map(({ messageId }) => ({ itemIdentifier: messageId })),
  }))
  await vi.waitFor(async () => expect(await engine.depth('brief')).toEqual(empty), until)
  expect(bodies().sort()).toEqual(['bad', 'bad', 'fine', 'good'])
  expect(receiveCount(batches.at(-1)?.[0])).toBe('2')
  expect(source?.state()).toMatchObject({ succeeded: 3, failed: 1 })
})

it('fails the whole batch when the response names an unknown record', async () => {
  await send('brief', ['a', 'b'])
  start('brief', (records) =>
    records.some((record) => receiveCount(record) === '1')
      ? { batchItemFailures: [{ itemIdentifier: 'x' }] }
      : null,
  )
  await vi.waitFor(async () => expect(await engine.depth('brief')).toEqual(empty), until)
  expect(bodies().sort()).toEqual(['a', 'a', 'b', 'b'])
  expect(problems[0]?.code).toBe('response-malformed')
  const ids = batches[0]?.map(({ messageId }) => messageId) ?? []
  expect(problems[0]?.message).toBe(
    `the whole batch failed: itemIdentifier 'x' is not the messageId of a record; ${ids.length === 1 ? '1 message' : `${ids.length} messages`} of queue brief: ${ids.join(', ')}`,
  )
})

it('reports once the setting that partial failures need on AWS', async () => {
  await send('brief', ['a', 'b'])
  start('brief', (records) => ({
    batchItemFailures: records
      .filter((record) => receiveCount(record) === '1')
      .map(({ messageId }) => ({ itemIdentifier: messageId })),
  }))
  await vi.waitFor(async () => expect(await engine.depth('brief')).toEqual(empty), until)
  expect(bodies().sort()).toEqual(['a', 'a', 'b', 'b'])
  expect(problems).toEqual([
    {
      code: 'partial-failures',
      message:
        'returned batchItemFailures: on AWS the event source mapping needs FunctionResponseTypes: [ReportBatchItemFailures], or Lambda deletes these messages',
    },
  ])
})

it.each([null, {}, { batchItemFailures: [] }])(
  'reports nothing for a response without failures: %j',
  async (response) => {
    await send('brief', ['a'])
    start('brief', () => response)
    await vi.waitFor(async () => expect(await engine.depth('brief')).toEqual(empty), until)
    expect(problems).toEqual([])
  },
)

it.each(['error', 'timeout', 'crash'] as const)(
  'dead-letters records whose invocations end in a(n) %s too often',
  async (kind) => {
    await send('brief', ['poison'])
    start('brief', () => failure(kind))
    await vi.waitFor(async () => expect((await engine.depth('brief-dlq')).visible).toBe(1), until)
    expect(await engine.depth('brief')).toEqual(empty)
    expect(batches.flat().map(receiveCount)).toEqual(['1', '2'])
  },
)

it('survives a function that rejects', async () => {
  await send('brief', ['a'])
  start('brief', (records) => {
    if (receiveCount(records[0]) === '1') throw 'a string'
    return null
  })
  await vi.waitFor(async () => expect(await engine.depth('brief')).toEqual(empty), until)
  expect(source?.state()).toMatchObject({ succeeded: 1, failed: 1 })
})

it('retries a throttled batch, with the same records', async () => {
  await send('orders', ['a'])
  let throttles = 0
  start('orders', () => (throttles++ < 3 ? failure('throttle') : null))
  await vi.waitFor(async () => expect(await engine.depth('orders')).toEqual(empty), until)
  expect(batches.flat().map(receiveCount)).toEqual(['1', '1', '1', '1'])
  expect(source?.state()).toMatchObject({ batches: 1, succeeded: 1, failed: 0 })
})

it('drops a throttled batch when its visibility time-out has passed', async () => {
  await send('brief', ['a'])
  start('brief', (records) => (receiveCount(records[0]) === '1' ? failure('throttle') : null))
  await vi.waitFor(async () => expect(await engine.depth('brief')).toEqual(empty), until)
  expect(problems.map(({ code }) => code)).toEqual(['batch-dropped'])
  expect(batches.flat().filter((record) => receiveCount(record) === '1').length).toBeGreaterThan(1)
  expect(receiveCount(batches.at(-1)?.[0])).toBe('2')
})

it('continues when the queue is available again', async () => {
  start('orders', () => null)
  const port = Number(new URL(engine.endpoint).port)
  await engine.stop()
  await vi.waitFor(() => expect(problems.map(({ code }) => code)).toEqual(['queue-unreachable']), until)
  engine = await startQueues({ queues, port })
  await send('orders', ['a'])
  await vi.waitFor(() => expect(bodies()).toEqual(['a']), until)
})

it('keeps the order of a FIFO group, and runs one batch of it at a time', async () => {
  const running = new Set<string>()
  let overlaps = 0
  for (const [index, MessageGroupId] of ['x', 'y', 'x', 'y', 'x', 'y'].entries()) {
    const unique = { MessageGroupId, MessageDeduplicationId: String(index) }
    const MessageBody = `${MessageGroupId}${index}`
    await sqs.send(
      new SendMessageCommand({ QueueUrl: engine.queueUrl('ledger.fifo'), MessageBody, ...unique }),
    )
  }
  start('ledger.fifo', async (records) => {
    const groups = new Set(records.map((record) => record.attributes.MessageGroupId ?? ''))
    for (const group of groups) {
      if (running.has(group)) overlaps += 1
      running.add(group)
    }
    await engine.depth('ledger.fifo')
    for (const group of groups) running.delete(group)
  })
  await vi.waitFor(async () => expect(await engine.depth('ledger.fifo')).toEqual(empty), until)
  expect(overlaps).toBe(0)
  expect(bodies().filter((body) => body.startsWith('x'))).toEqual(['x0', 'x2', 'x4'])
  expect(bodies().filter((body) => body.startsWith('y'))).toEqual(['y1', 'y3', 'y5'])
})

it('stops quickly while idle, and waits for a running invocation', async () => {
  const idle = start('orders', () => null)
  const started = Date.now()
  await idle.stop()
  expect(Date.now() - started).toBeLessThan(1500)
  expect(idle.state().pollers).toBe(0)

  await send('orders', ['a'])
  const busy = start('orders', () => new Promise((resolve) => setTimeout(() => resolve(null), 300)))
  await vi.waitFor(() => expect(busy.state().invoking).toBe(1), until)
  await busy.stop()
  expect(busy.state()).toMatchObject({ succeeded: 1, invoking: 0 })
  expect(await engine.depth('orders')).toEqual(empty)
})

it.each([
  ['orders', { batchSize: 11 }],
  ['orders', { batchSize: 0 }],
  ['orders', { batchSize: 10_001, batchingWindow: 1 }],
  ['orders', { batchingWindow: 301 }],
  ['orders', { maximumConcurrency: 1 }],
  ['orders', { maximumConcurrency: 1001 }],
  ['ledger.fifo', { batchingWindow: 1 }],
])('rejects a mapping on %s with %j', (queue, spec) => {
  expect(() => start(queue, () => null, spec)).toThrow(
    expect.objectContaining({ code: 'SPILLWAY_OPTION_INVALID' }),
  )
})
