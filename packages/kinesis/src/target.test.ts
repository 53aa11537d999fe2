import { createHash } from 'node:crypto'
import type { PutRecordsCommand } from '@aws-sdk/client-kinesis'
import {
  createMessage,
  defineMessage,
  type EncodedMessage,
  encodeMessage,
  type TimeLimit,
} from '@spillway/message'
import { readClaim } from '@spillway/transport'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { claimCheck } from './claim-check.ts'
import { type KinesisSendClient, type KinesisTargetOptions, kinesisTarget } from './index.ts'
import { ample, hasty, startTestStreams, type TestStreams } from './testing/kinesis.ts'

let streams: TestStreams
let name = ''
let counter = 0
const names = Array.from({ length: 40 }, (_, index) => `s${index}`)
const accepted = { status: 'accepted' }

beforeAll(async () => {
  streams = await startTestStreams([
    ...names.map((name) => ({ name, shards: 2 })),
    ...['full', 'large'].map((name) => ({ name, shards: 2, maxRecordSizeInKiB: 10_240 })),
  ])
})
afterAll(() => streams.stop())
beforeEach(() => {
  streams.onPut = undefined
  name = names[counter++] ?? ''
})

function target(options: Partial<KinesisTargetOptions> = {}) {
  return kinesisTarget({ streamName: name, client: streams.client, clock: hasty, ...options })
}

function messages(count: number, bytes = 10): EncodedMessage[] {
  return Array.from({ length: count }, (_, n) => ({ key: `k${n}`, body: `${n}`.padEnd(bytes, '.') }))
}

describe('messages', () => {
  it('are records, byte for byte, under the group or else the key', async () => {
    const sent = [
      { key: 'a', body: 'naïve 🚀' },
      { key: 'b', group: 'g', body: '{}' },
    ]
    expect(await target().send(sent, ample())).toStrictEqual([accepted, accepted])
    const records = streams.engine.records(name)
    expect(
      records.map(({ partitionKey, data }) => [partitionKey, Buffer.from(data).toString()]).sort(),
    ).toStrictEqual([
      ['a', 'naïve 🚀'],
      ['g', '{}'],
    ])
  })

  it('go to a stream that is named by its ARN', async () => {
    const byArn = kinesisTarget({ streamArn: streams.engine.streamArn(name), client: streams.client })
    expect(await byArn.send(messages(1), ample())).toStrictEqual([accepted])
    expect(streams.texts(name)).toHaveLength(1)
  })

  it('go in packs of 500', async () => {
    const sizes: number[] = []
    streams.onPut = ({ records }) => void sizes.push(records.length)
    const results = await target({ concurrency: 1 }).send(messages(1001), ample())
    expect(results).toStrictEqual(new Array(1001).fill(accepted))
    expect(sizes).toStrictEqual([500, 500, 1])
  })

  it('go in packs of 10 MiB, partition keys included', async () => {
    const sizes: number[] = []
    streams.onPut = ({ records }) => {
      sizes.push(records.length)
      return { fail: 'call', status: 400, code: 'AccessDeniedException' }
    }
    name = 'full'
    // Twice 5 MiB, with the keys of two bytes, fill a request to the byte.
    const full = [...messages(2, 5_242_878), { key: 'k', body: '.' }]
    await target({ concurrency: 1, maximumRecordSize: 10_485_760 }).send(full, ample())
    // A busy machine may need more than the 5 s of an attempt for 10 MiB, which are then sent again.
    expect([...new Set(sizes)]).toStrictEqual([2, 1])
  })

  it('may be none', async () => {
    const before = streams.puts
    expect(await target().send([], ample())).toStrictEqual([])
    expect(streams.puts).toBe(before)
  })
})

describe('a partition key', () => {
  it.each([
    ['of 256 characters goes as it is', 'é'.repeat(256), 'é'.repeat(256)],
    ['that is longer is hashed', 'x'.repeat(257), /^[0-9a-f]{64}$/],
    ['that is empty is hashed', '', /^[0-9a-f]{64}$/],
    ['that is no UTF-8 is hashed', '\uD800', /^[0-9a-f]{64}$/],
  ])('%s', async (_, key, expected) => {
    expect(await target().send([{ key, body: 'x' }], ample())).toStrictEqual([accepted])
    expect(streams.engine.records(name)[0]?.partitionKey).toMatch(expected)
  })

  it('is another one for another text, hashed or not', async () => {
    const keys = ['\uD800', '\uD801', 'x'.repeat(257), 'x'.repeat(258)]
    await target().send(
      keys.map((key) => ({ key, body: key.toWellFormed() })),
      ample(),
    )
    expect(new Set(streams.engine.records(name).map(({ partitionKey }) => partitionKey)).size).toBe(4)
  })
})

describe('what a stream cannot carry', () => {
  const one = { key: 'k', body: 'x' }
  it.each([
    [
      'a body of more than 1 MiB, its key included',
      { ...one, body: 'x'.repeat(1_048_576) },
      'SPILLWAY_BODY_TOO_LARGE',
    ],
    ['an empty body', { ...one, body: '' }, 'SPILLWAY_TEXT_UNSTORABLE'],
    ['a lone surrogate', { ...one, body: '\uDC00' }, 'SPILLWAY_TEXT_UNSTORABLE'],
    ['a delay', { ...one, delay: 1 }, 'SPILLWAY_SEND_FAILED'],
    ['attributes', { ...one, attributes: { a: 'b' } }, 'SPILLWAY_SEND_FAILED'],
  ])('costs only itself, before it is sent: %s', async (_, bad, code) => {
    const results = await target().send([{ ...one, body: 'first' }, bad, { ...one, body: 'last' }], ample())
    expect(results).toStrictEqual([
      accepted,
      { status: 'rejected', code, detail: expect.any(String), retryable: false },
      accepted,
    ])
    expect(streams.texts(name)).toStrictEqual(['first', 'last'])
  })

  it('is nothing of exactly 1 MiB, nor a delay of 0 or no attributes', async () => {
    const results = await target().send(
      [{ ...one, body: 'x'.repeat(1_048_575), delay: 0, attributes: {} }],
      ample(),
    )
    expect(results).toStrictEqual([accepted])
  })

  it('may be more when the stream says so', async () => {
    name = 'large'
    const large = [{ key: 'k', body: 'x'.repeat(3_000_000) }]
    expect(await target({ maximumRecordSize: 4_000_000 }).send(large, ample())).toStrictEqual([accepted])
  })

  it('is found among others when the stream takes less than it was said to', async () => {
    const before = streams.puts
    const all = messages(64)
    all[20] = { key: 'k20', body: 'x'.repeat(1_100_000) }
    const results = await target({ maximumRecordSize: 2_000_000 }).send(all, ample())
    expect(results[20]).toMatchObject({ status: 'rejected', retryable: false })
    expect((results[20] as { code: string }).code).toMatch(/^(InvalidArgument|Validation)Exception$/)
    expect(results.toSpliced(20, 1)).toStrictEqual(new Array(63).fill(accepted))
    expect(streams.puts - before).toBeLessThanOrEqual(13)
  })
})

describe('a claim check', () => {
  it('puts the body of a large message into the store, and the claim under the same partition key', async () => {
    const note = defineMessage({ name: 'note', schema: z.object({ text: z.string() }) })
    const texts = new Map<string, string>()
    const store = {
      put: async (key: string, text: string) => void texts.set(key, text),
      get: async () => undefined,
    }
    const body = encodeMessage(
      createMessage(note, { text: 'x'.repeat(2_000_000) }, { time: new Date(0), key: 'k' }),
    )
    const results = await target({ claimCheck: claimCheck({ store }) }).send(
      [{ key: 'k', group: 'g', body }],
      ample(),
    )
    expect(results).toStrictEqual([accepted])
    const [record] = streams.engine.records(name)
    expect(record?.partitionKey).toBe('g')
    const sha256 = createHash('sha256').update(body).digest('hex')
    const claim = readClaim(Buffer.from(record?.data ?? '').toString())
    expect(claim).toStrictEqual({ key: `spillway/${sha256}`, bytes: body.length, sha256 })
    expect(texts.get(`spillway/${sha256}`)).toBe(body)
  })
})

describe('requests', () => {
  it.each(['relaxed', 'strict'] as const)('are never more at once than `concurrency` (%s)', async (order) => {
    let open = 0
    let most = 0
    const client = {
      async send(command: never, options: never) {
        most = Math.max(most, ++open)
        await new Promise((resolve) => setImmediate(resolve))
        return streams.client.send(command, options).finally(() => open--)
      },
    } as KinesisSendClient
    const busy = target({ client, concurrency: 3, order })
    const calls = Array.from({ length: 4 }, () => busy.send(messages(order === 'strict' ? 8 : 501), ample()))
    for (const results of await Promise.all(calls)) {
      expect(new Set(results.map(({ status }) => status))).toStrictEqual(new Set(['accepted']))
    }
    expect(most).toBe(3)
  })

  it('are counted and timed', async () => {
    const counted: unknown[] = []
    const timed: unknown[] = []
    let failures = 1
    streams.onPut = () =>
      failures-- > 0 ? { fail: 'entries', indexes: [1, 2], code: 'InternalFailure' } : undefined
    const telemetry = {
      count: (...all: unknown[]) => void counted.push(all),
      duration: (...all: unknown[]) => void timed.push(all),
    }
    await target({ telemetry }).send(messages(4), ample())
    const kinesis = { target: 'kinesis' }
    expect(counted).toStrictEqual([
      ['spillway.send.requests', 1, kinesis],
      ['spillway.send.retried', 2, kinesis],
      ['spillway.send.requests', 1, kinesis],
    ])
    expect(timed).toStrictEqual(new Array(2).fill(['spillway.send.duration', expect.any(Number), kinesis]))
  })
})

describe('time', () => {
  it.each(['relaxed', 'strict'] as const)('that is over leaves all unsent, retryable (%s)', async (order) => {
    const before = streams.puts
    const over: TimeLimit = { signal: AbortSignal.abort(), remainingTime: () => 60_000 }
    const results = await target({ order }).send(messages(3), over)
    expect(results).toMatchObject(
      new Array(3).fill({ status: 'rejected', code: 'SPILLWAY_SEND_FAILED', retryable: true }),
    )
    expect(streams.puts).toBe(before)
  })
})

describe('a client that does not heed the end', () => {
  it.each(['relaxed', 'strict'] as const)('is not waited for (%s)', async (order) => {
    const client = { send: () => new Promise(() => undefined) } as unknown as KinesisSendClient
    const end = performance.now() + 400
    const limit = { signal: new AbortController().signal, remainingTime: () => end - performance.now() }
    expect(await target({ client, order }).send(messages(2), limit)).toMatchObject(
      new Array(2).fill({ status: 'rejected', retryable: true }),
    )
  })
})

describe('a call that fails', () => {
  it.each([
    ['KMSThrottlingException', true],
    ['ExpiredTokenException', true],
    ['KMSAccessDeniedException', false],
    ['ResourceNotFoundException', false],
  ])('for %s may pass: %s', async (code, retryable) => {
    streams.onPut = () => ({ fail: 'call', status: 400, code })
    expect(await target({ maxAttempts: 2 }).send(messages(1), ample())).toMatchObject([
      { status: 'rejected', code, retryable },
    ])
  })
})

describe('an answer', () => {
  it.each([
    ['of fewer records', { Records: [{ SequenceNumber: '1', ShardId: 's' }] }],
    ['without records', {}],
    ['of something else', { Records: 'two' }],
    ['without sequence numbers', { Records: [{}, { SequenceNumber: 'x' }] }],
    ['of nothing', { Records: [null, null] }],
  ])('%s confirms nothing', async (_, answer) => {
    const client = { send: async () => answer } as unknown as KinesisSendClient
    expect(await target({ client }).send(messages(2), ample())).toMatchObject(
      new Array(2).fill({ status: 'rejected', code: 'SPILLWAY_SEND_FAILED', retryable: true }),
    )
  })

  it('with an error confirms nothing, though there is a sequence number', async () => {
    const client = {
      send: async (command: PutRecordsCommand) => ({
        Records: command.input.Records?.map(() => ({ SequenceNumber: '1', ErrorCode: 'Other' })),
      }),
    } as unknown as KinesisSendClient
    expect(await target({ client }).send(messages(1), ample())).toMatchObject([
      { status: 'rejected', code: 'Other', retryable: true },
    ])
  })
})

it('says so when there is no such stream', async () => {
  expect(await target({ streamName: 'nowhere' }).send(messages(1), ample())).toMatchObject([
    { status: 'rejected', code: 'ResourceNotFoundException', retryable: false },
  ])
})

describe('options', () => {
  it.each<[object, string]>([
    [{}, '`streamName` and `streamArn` are both missing'],
    [{ streamName: undefined }, '`streamName` and `streamArn` are both missing'],
    [
      { streamName: 'a', streamArn: 'arn:aws:kinesis:eu-west-1:123456789012:stream/a' },
      '`streamName` and `streamArn` exclude each other',
    ],
    [{ streamName: 'a b' }, '`streamName` must be the name of a stream'],
    [{ streamArn: 'arn:aws:sqs:eu-west-1:123456789012:a' }, '`streamArn` must be the ARN of a stream'],
    [{ streamName: 'a', order: 'Strict' }, '`order` must be'],
    [{ streamName: 'a', maximumRecordSize: 10_485_761 }, '`maximumRecordSize` must be an integer'],
    [{ streamName: 'a', concurrency: 51 }, '`concurrency` must be an integer from 1 to 50'],
    [{ streamName: 'a', maxAttempt: 2 }, 'maxAttempts'],
    [
      { streamName: 'a', claimCheck: {} },
      'kinesisTarget: the option `claimCheck` must be claimCheck({ store }) of @spillway/kinesis/claim-check.',
    ],
  ])('%j are refused', (options, message) => {
    expect(() => kinesisTarget(options as KinesisTargetOptions)).toThrow(message)
  })

  it('may leave the client to the SDK', () => {
    expect(kinesisTarget({ streamName: 'a' })).toStrictEqual({ send: expect.any(Function) })
  })
})
