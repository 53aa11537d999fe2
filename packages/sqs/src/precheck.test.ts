import type { SQSClient } from '@aws-sdk/client-sqs'
import { type QueueEngine, startQueues } from '@spillway/local/testing'
import type { EncodedMessage } from '@spillway/message'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sqsTarget } from './index.ts'
import { ample, clientOf, entriesOf, faulty } from './testing/sqs.ts'

let queues: QueueEngine
let client: SQSClient
const names = ['attributes', 'trace', 'neighbours', 'sizes', 'delays', 'delays.fifo', 'group.fifo']
const spec = { visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 0 }
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

beforeAll(async () => {
  queues = await startQueues({ queues: names.map((name) => ({ name, ...spec })) })
  client = clientOf(queues)
})
afterAll(async () => {
  client.destroy()
  await queues.stop()
})

function send(queue: string, messages: readonly Partial<EncodedMessage>[], options: object = {}) {
  const target = sqsTarget({ queueUrl: queues.queueUrl(queue), client, ...options })
  return target.send(
    messages.map((message, index) => ({ key: `k${index}`, body: '{}', ...message })),
    ample(),
  )
}

const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`a${index}`, 'x']))

describe('attributes', () => {
  it('are those of the message, and its trace', async () => {
    const attributes = { 'order.kind': 'express', 'naïve?': 'x' }
    const results = await send('attributes', [
      { attributes: { 'order.kind': 'exprèss 🚀' }, traceparent },
      { attributes },
    ])
    expect(results).toMatchObject([{ status: 'accepted' }, { status: 'rejected' }])
    expect((await queues.messages('attributes')).map((message) => ({ ...message.attributes }))).toStrictEqual(
      [{ traceparent, 'order.kind': 'exprèss 🚀' }],
    )
  })

  it('leave a malformed trace out, and prefer one of their own', async () => {
    await send('trace', [
      { traceparent: 'not a trace\u0000' },
      { traceparent, attributes: { traceparent: 'mine' } },
    ])
    expect((await queues.messages('trace')).map((message) => ({ ...message.attributes }))).toStrictEqual([
      {},
      { traceparent: 'mine' },
    ])
  })

  it.each<[string, Partial<EncodedMessage>, string]>([
    [
      'more than ten',
      { attributes: many(10), traceparent },
      'It has 11 message attributes, the trace included; a queue takes at most 10.',
    ],
    [
      'a name with a space',
      { attributes: { 'a b': 'x' } },
      'The name of a message attribute is not 1 to 256 of A-Z, a-z, 0-9, "_", "-" and single inner ".".',
    ],
    [
      'a name of AWS',
      { attributes: { 'aWs.x': 'x' } },
      'The name of the message attribute `aWs.x` begins with a prefix that is reserved for AWS.',
    ],
    [
      'an empty value',
      { attributes: { a: '' } },
      'The message attribute `a` is empty, is not a text, or has a character that a queue refuses.',
    ],
  ])('are refused with %s, which costs no neighbour', async (_, message, detail) => {
    const results = await send('neighbours', [{}, message, {}])
    expect(results).toStrictEqual([
      { status: 'accepted' },
      { status: 'rejected', code: 'SPILLWAY_SEND_FAILED', detail, retryable: false },
      { status: 'accepted' },
    ])
  })

  it.each(['', '.a', 'a.', 'a..b', 'x'.repeat(257), 'Amazon.x', 'ü'])('cannot be named %j', async (name) => {
    expect(await send('neighbours', [{ attributes: { [name]: 'x' } }])).toMatchObject([{ retryable: false }])
  })

  it.each(['\u0000', '\uFFFE', '\uFFFF', '\uD800', 7])('cannot have the value %j', async (value) => {
    const attributes = { a: value as string }
    expect(await send('neighbours', [{ attributes }])).toMatchObject([{ retryable: false }])
  })

  it('may be ten, with all the characters that a name can have', async () => {
    const attributes = { ...many(8), 'A-Z_0.9': 'x' }
    expect(await send('neighbours', [{ attributes, traceparent }])).toStrictEqual([{ status: 'accepted' }])
  })
})

describe('a body that no queue takes', () => {
  it.each(['', '\u0000', '\uFFFF', '\uDC00'])('%j costs no neighbour', async (body) => {
    expect(await send('neighbours', [{ body }, {}])).toMatchObject([
      { status: 'rejected', code: 'SPILLWAY_TEXT_UNSTORABLE', retryable: false },
      { status: 'accepted' },
    ])
  })
})

describe('the size', () => {
  // Name, type and value of the attribute: 1 + 6 + 3 bytes.
  const attributes = { a: 'xyz' }
  it('counts the attributes', async () => {
    const results = await send(
      'sizes',
      [
        { body: 'x'.repeat(1024 - 10), attributes },
        { body: 'x'.repeat(1024 - 9), attributes },
        { body: 'é'.repeat(512) },
        { body: 'é'.repeat(513) },
      ],
      { maximumMessageSize: 1024 },
    )
    expect(results).toStrictEqual([
      { status: 'accepted' },
      {
        status: 'rejected',
        code: 'SPILLWAY_BODY_TOO_LARGE',
        detail: 'The message has 1025 bytes; a queue holds at most 1024.',
        retryable: false,
      },
      { status: 'accepted' },
      expect.objectContaining({ code: 'SPILLWAY_BODY_TOO_LARGE' }),
    ])
  })

  it('of the attributes counts towards that of a request', async () => {
    const counting = faulty(client)
    const half = { body: 'x'.repeat(524_288 - 10), attributes }
    const results = await send('sizes', [half, half, half], { client: counting, concurrency: 1 })
    expect(results).toStrictEqual(new Array(3).fill({ status: 'accepted' }))
    const sizes = counting.calls.map((command) => entriesOf(command).length)
    expect(sizes).toStrictEqual([2, 1])
  })

  it.each([1023, 1_048_577, 2048.5])('of a queue cannot be %d', (maximumMessageSize) => {
    expect(() => sqsTarget({ queueUrl: 'https://x/q', maximumMessageSize })).toThrow(
      'sqsTarget: the option `maximumMessageSize` must be an integer from 1024 to 1048576.',
    )
  })
})

describe('a delay', () => {
  it('keeps a message back', async () => {
    expect(await send('delays', [{ delay: 0 }, { delay: 900 }])).toStrictEqual([
      { status: 'accepted' },
      { status: 'accepted' },
    ])
    expect(await queues.depth('delays')).toMatchObject({ visible: 1, delayed: 1 })
  })

  it.each([-1, 901, 1.5, Number.NaN])('of %d is refused, which costs no neighbour', async (delay) => {
    expect(await send('neighbours', [{ delay }, {}])).toStrictEqual([
      {
        status: 'rejected',
        code: 'SPILLWAY_SEND_FAILED',
        detail: 'The delay must be whole seconds from 0 to 900.',
        retryable: false,
      },
      { status: 'accepted' },
    ])
  })

  it('is not for a message of a FIFO queue', async () => {
    expect(await send('delays.fifo', [{ delay: 5 }, { delay: 0 }])).toStrictEqual([
      {
        status: 'rejected',
        code: 'SPILLWAY_SEND_FAILED',
        detail: 'A FIFO queue does not accept a delay for a single message.',
        retryable: false,
      },
      { status: 'accepted' },
    ])
  })
})

it('ends the group of a message that is refused on a FIFO queue', async () => {
  const results = await send('group.fifo', [
    { group: 'a', body: '1' },
    { group: 'a', body: '2', delay: 1 },
    { group: 'a', body: '3' },
    { group: 'b', body: '4' },
  ])
  expect(results).toMatchObject([
    { status: 'accepted' },
    { status: 'rejected', retryable: false },
    { status: 'rejected', retryable: true },
    { status: 'accepted' },
  ])
  expect((await queues.messages('group.fifo')).map(({ body }) => body).sort()).toStrictEqual(['1', '4'])
})
