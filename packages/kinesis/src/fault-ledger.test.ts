import type { PutFault } from '@spillway/local/testing'
import type { EncodedMessage, SendResult, TimeLimit } from '@spillway/message'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { seeded } from '../../sqs/src/testing/faulty-endpoint.ts'
import { type KinesisTargetOptions, kinesisTarget } from './index.ts'
import { ample, hasty, startTestStreams, type TestStreams } from './testing/kinesis.ts'

// Every test sends to a Kinesis that fails as the service and the network do, with the SDK's own client. It speaks
// HTTP/1.1, where a connection that breaks is that of one request; `order.fuzz.test.ts` does the same over HTTP/2.

let streams: TestStreams
let name = ''
let counter = 0
const names = Array.from({ length: 20 }, (_, index) => `ledger${index}`)

beforeAll(async () => {
  streams = await startTestStreams(
    names.map((name) => ({ name, shards: 3 })),
    { http1: true },
  )
})
afterAll(() => streams.stop())
beforeEach(() => {
  name = names[counter++] ?? ''
  streams.onPut = undefined
})

function target(options: Partial<KinesisTargetOptions> = {}) {
  return kinesisTarget({ streamName: name, client: streams.client, clock: hasty, maxAttempts: 3, ...options })
}

function messages(count: number, first = 0): EncodedMessage[] {
  return Array.from({ length: count }, (_, index) => ({
    key: `k${first + index}`,
    group: `g${(first + index) % 17}`,
    body: `{"n":${first + index}}`,
  }))
}

function count(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return counts
}

const short = (ms: number): TimeLimit => {
  const end = performance.now() + ms
  return { signal: new AbortController().signal, remainingTime: () => end - performance.now() }
}

describe.each(['relaxed', 'strict'] as const)('a fault that stays, %s', (order) => {
  it.each<[string, PutFault, number, string]>([
    ['error', { fail: 'call', status: 500 }, 0, 'InternalFailure'],
    ['away', { fail: 'call', status: 503, code: 'ServiceUnavailable' }, 0, 'ServiceUnavailable'],
    ['throttle', { fail: 'call', status: 400, code: 'LimitExceededException' }, 0, 'LimitExceededException'],
    ['reset', { fail: 'reset', stored: false }, 0, ''],
    ['lost answer', { fail: 'reset', stored: true }, 3, ''],
    ['hang', { fail: 'hang', stored: false }, 0, ''],
    [
      'shard limit',
      { fail: 'entries', indexes: [0, 1, 2, 3], code: 'ProvisionedThroughputExceededException' },
      0,
      'ProvisionedThroughputExceededException',
    ],
  ])('%s: nothing is accepted, all is reported as retryable', async (fault, how, times, code) => {
    streams.onPut = () => how
    const limit = fault === 'hang' ? short(700) : ample()
    const all = messages(4)
    const results = await target({ order }).send(all, limit)
    expect(results).toMatchObject(new Array(4).fill({ status: 'rejected', retryable: true }))
    for (const result of results) expect((result as { code: string }).code).toContain(code)
    expect([...count(streams.texts(name)).values()]).toStrictEqual(new Array(times === 0 ? 0 : 4).fill(times))
  })

  it('a missing permission is for good, and is not tried again', async () => {
    const before = streams.puts
    streams.onPut = () => ({ fail: 'call', status: 400, code: 'AccessDeniedException' })
    const results = await target({ order }).send(messages(1), ample())
    expect(results).toMatchObject([{ code: 'AccessDeniedException', retryable: false }])
    expect(streams.puts - before).toBe(1)
  })
})

/** A fault of a put, or none, at random. */
function randomFault(random: () => number, records: number): PutFault | undefined {
  const dice = random()
  if (dice < 0.4) return undefined
  if (dice < 0.6) {
    const indexes = Array.from({ length: records }, (_, index) => index).filter(() => random() < 0.4)
    const code = random() < 0.5 ? 'InternalFailure' : 'ProvisionedThroughputExceededException'
    return { fail: 'entries', indexes, code }
  }
  if (dice < 0.75) return { fail: 'call', status: random() < 0.5 ? 500 : 503 }
  if (dice < 0.85) return { fail: 'call', status: 400, code: 'LimitExceededException' }
  return { fail: 'reset', stored: random() < 0.7 }
}

describe('the ledger adds up', () => {
  const runs: readonly (readonly ['relaxed' | 'strict', number, number])[] = inject('soak')
    ? [
        ['relaxed', 2000, 2],
        ['strict', 300, 4],
      ]
    : [
        ['relaxed', 1500, 1],
        ['strict', 150, 3],
      ]
  it.each(runs)('%s, over %i messages (seed %i)', async (order, total, seed) => {
    const random = seeded(seed)
    const lost: string[] = []
    streams.onPut = ({ records }) => {
      const fault = randomFault(random, records.length)
      if (fault?.fail === 'reset' && fault.stored) {
        lost.push(...records.map(({ data }) => Buffer.from(data).toString()))
      }
      return fault
    }
    const to = target({ order, random: seeded(seed) })
    const results = new Map<string, SendResult>()
    const calls: EncodedMessage[][] = []
    for (let first = 0; first < total; ) {
      const size = Math.min(total - first, 1 + Math.floor(random() * (random() < 0.1 ? 700 : 40)))
      calls.push(messages(size, first))
      first += size
    }
    await Promise.all(
      calls.map(async (call) => {
        const answers = await to.send(call, ample())
        expect(answers).toHaveLength(call.length)
        for (const [index, { body }] of call.entries()) results.set(body, answers[index] as SendResult)
      }),
    )
    const stored = count(streams.texts(name))
    const unconfirmed = count(lost)
    for (const [body, { status }] of results) {
      const confirmed = status === 'accepted' ? 1 : 0
      // Accepted is in the stream; what is there beside it is of an answer that was lost.
      expect([body, stored.get(body) ?? 0]).toStrictEqual([body, confirmed + (unconfirmed.get(body) ?? 0)])
    }
    for (const body of stored.keys()) expect(results.has(body)).toBe(true)
    const statuses = count([...results.values()].map(({ status }) => status))
    expect(results.size).toBe(total)
    expect(statuses.get('accepted')).toBeGreaterThan(total / 10)
    expect(statuses.get('rejected')).toBeGreaterThan(0)
    expect(lost.length).toBeGreaterThan(0)
  })
})
