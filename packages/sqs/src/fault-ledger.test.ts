import type { SQSClient } from '@aws-sdk/client-sqs'
import { type QueueEngine, startQueues } from '@spillway/local/testing'
import type { EncodedMessage, SendResult, TimeLimit } from '@spillway/message'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest'
import { coalesce } from './coalesce.ts'
import { type SqsTargetOptions, sqsTarget } from './index.ts'
import {
  type Fault,
  type FaultyEndpoint,
  type FaultyEndpointOptions,
  seeded,
  startFaultyEndpoint,
} from './testing/faulty-endpoint.ts'
import { ample, clientOf, entriesOf } from './testing/sqs.ts'

// Every test sends through a server that fails as SQS and the network do, with the SDK's own client.

let queues: QueueEngine
let endpoint: FaultyEndpoint
let client: SQSClient
/** The bodies of requests that the client gave up: SQS may have stored them all the same. */
let givenUp: string[] = []
let name = ''
let counter = 0
const names = Array.from({ length: 30 }, (_, index) => `ledger${index}`)
const fifoNames = Array.from({ length: 5 }, (_, index) => `ledger${index}.fifo`)
const spec = { visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 0 }

beforeAll(async () => {
  queues = await startQueues({ queues: [...names, ...fifoNames].map((name) => ({ name, ...spec })) })
})
afterAll(() => queues.stop())
afterEach(async () => {
  client.destroy()
  await endpoint.stop()
})

async function start(
  options: FaultyEndpointOptions,
  change: Partial<SqsTargetOptions> = {},
  list: readonly string[] = names,
) {
  name = list[counter++ % list.length] ?? ''
  endpoint = await startFaultyEndpoint(queues, options)
  client = clientOf({ ...queues, endpoint: endpoint.endpoint })
  givenUp = noteGivenUp(client)
  // The waits before a repetition play no part here; the one for company does.
  const clock = {
    now: Date.now,
    sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms <= 5 ? ms : 0)),
  }
  return sqsTarget({ queueUrl: endpoint.queueUrl(name), client, clock, ...change })
}

function noteGivenUp(client: SQSClient): string[] {
  const bodies: string[] = []
  const send = client.send.bind(client) as (...args: readonly unknown[]) => Promise<unknown>
  client.send = ((command: Parameters<typeof entriesOf>[0], options?: { abortSignal?: AbortSignal }) =>
    send(command, options).catch((error: unknown) => {
      if (options?.abortSignal?.aborted) {
        for (const { MessageBody = '' } of entriesOf(command)) bodies.push(MessageBody)
      }
      throw error
    })) as typeof client.send
  return bodies
}

function messages(count: number, first = 0): EncodedMessage[] {
  return Array.from({ length: count }, (_, index) => ({
    key: `k${first + index}`,
    body: `{"n":${first + index}}`,
  }))
}

function count(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return counts
}

const stored = async () => count((await queues.messages(name)).map(({ body }) => body))

describe('requests', () => {
  it('are 30 for 300 small messages in one call', async () => {
    const target = await start({}, { concurrency: 4 })
    const results = await target.send(messages(300), ample())
    expect(new Set(results.map(({ status }) => status))).toStrictEqual(new Set(['accepted']))
    expect((await stored()).size).toBe(300)
    expect([endpoint.requests, endpoint.entries]).toStrictEqual([30, 300])
  })

  it('are about 30 for 300 messages of calls that run at the same time', async () => {
    const target = await start({}, { coalesce: coalesce({ when: 'always' }) })
    const results = await Promise.all(messages(300).map((message) => target.send([message], ample())))
    expect(results.flat()).toStrictEqual(new Array(300).fill({ status: 'accepted' }))
    expect((await stored()).size).toBe(300)
    expect(endpoint.entries).toBe(300)
    expect(endpoint.requests).toBeLessThanOrEqual(33)
  })

  it('are one for each message without the coalescer', async () => {
    const target = await start({}, {})
    await Promise.all(messages(20).map((message) => target.send([message], ample())))
    expect(endpoint.requests).toBe(20)
  })
})

/** A limit that ends, for what gets no answer. */
function short(ms: number): TimeLimit {
  const end = performance.now() + ms
  return { signal: new AbortController().signal, remainingTime: () => end - performance.now() }
}

describe('a fault that stays', () => {
  it.each<[Fault, number, string]>([
    ['error', 0, 'InternalFailure|ServiceUnavailable'],
    ['throttle', 0, 'RequestThrottled'],
    ['reset', 0, 'ECONNRESET|TimeoutError'],
    ['hang', 0, 'TimeoutError|SPILLWAY_SEND_FAILED'],
    ['lost', 3, 'ECONNRESET|TimeoutError'],
    ['malformed', 3, 'SyntaxError'],
    ['silent', 3, 'SPILLWAY_SEND_FAILED'],
  ])('%s: nothing is accepted, all is reported as retryable', async (fault, times, codes) => {
    const target = await start({ plan: () => fault }, { maxAttempts: 3 })
    const results = await target.send(messages(12), fault === 'hang' ? short(1000) : ample())
    expect(results).toHaveLength(12)
    for (const result of results) {
      expect(result).toMatchObject({ status: 'rejected', retryable: true })
      expect((result as { code: string }).code).toMatch(new RegExp(`^(${codes})$`))
    }
    expect([...(await stored()).values()]).toStrictEqual(times === 0 ? [] : new Array(12).fill(times))
    if (fault !== 'hang') expect(endpoint.requests).toBe(6)
  })
})

/** Calls of many sizes, some at the same time. */
async function flood(
  target: { send(all: readonly EncodedMessage[], limit: TimeLimit): Promise<readonly SendResult[]> },
  total: number,
  random: () => number,
  atOnce: number,
): Promise<Map<string, SendResult>> {
  const calls: EncodedMessage[][] = []
  for (let first = 0; first < total; ) {
    const size = Math.min(total - first, random() < 0.7 ? 1 : 1 + Math.floor(random() * 40))
    calls.push(messages(size, first))
    first += size
  }
  const results = new Map<string, SendResult>()
  for (let start = 0; start < calls.length; start += atOnce) {
    await Promise.all(
      calls.slice(start, start + atOnce).map(async (call) => {
        const answers = await target.send(call, ample())
        expect(answers).toHaveLength(call.length)
        for (const [index, { body }] of call.entries()) results.set(body, answers[index] as SendResult)
      }),
    )
  }
  return results
}

const weights = {
  ok: 10,
  partial: 5,
  error: 2,
  throttle: 2,
  reset: 2,
  lost: 2,
  malformed: 1,
  silent: 1,
}

/**
 * Accepted is in the queue; what is there more than once, or without a confirmation, is of an answer that was lost. On a
 * busy machine the client may also have left before it had read an answer.
 */
async function expectLedger(results: ReadonlyMap<string, SendResult>): Promise<void> {
  const inQueue = await stored()
  const unconfirmed = count(endpoint.unconfirmed)
  const left = count(givenUp)
  for (const [body, result] of results) {
    const confirmed = result.status === 'accepted' ? 1 : 0
    const least = confirmed + (unconfirmed.get(body) ?? 0)
    const copies = inQueue.get(body) ?? 0
    expect(copies, body).toBeGreaterThanOrEqual(least)
    expect(copies, body).toBeLessThanOrEqual(least + (left.get(body) ?? 0))
    expect([body, endpoint.refused.has(body)]).toStrictEqual([
      body,
      result.status === 'rejected' && !result.retryable,
    ])
  }
  for (const body of inQueue.keys()) expect(results.has(body)).toBe(true)
}

describe('the ledger adds up', () => {
  // Calls that share requests make fewer of them: it takes more messages to meet each fault.
  it.each(
    inject('soak')
      ? [
          ['each call by itself', false, 2, 2500],
          ['calls together', true, 4, 2500],
        ]
      : [
          ['each call by itself', false, 1, 500],
          ['calls together', true, 3, 1000],
        ],
  )('over many messages, %s (coalesced: %s, seed %i, %i messages)', async (_, coalesced, seed, total) => {
    const target = await start(
      { weights, seed },
      {
        ...(coalesced && { coalesce: coalesce({ when: 'always' }) }),
        maxAttempts: 3,
        random: seeded(seed),
      },
    )
    const results = await flood(target, total, seeded(seed), coalesced ? 100 : 20)
    expect(results.size).toBe(total)
    const accepted = [...results.values()].filter(({ status }) => status === 'accepted').length
    // All of it was met, and most went through all the same.
    for (const fault of Object.keys(weights)) expect(endpoint.faults[fault as Fault]).toBeGreaterThan(0)
    expect(accepted).toBeGreaterThan(total / 2)
    expect(accepted).toBeLessThan(total)
    await expectLedger(results)
  })

  it('with hangs, which cost a call its time and nobody else', async () => {
    const hangs = new Set([1, 3])
    const target = await start(
      { plan: (request) => (hangs.has(request) ? 'hang' : 'ok') },
      { coalesce: coalesce({ when: 'always' }) },
    )
    const patient = ample()
    const results = await Promise.all(
      messages(60).map(async (message, index) => {
        const limit = index % 2 === 0 ? short(2500) : patient
        return [message.body, (await target.send([message], limit))[0]] as const
      }),
    )
    const byBody = new Map(results as [string, SendResult][])
    await expectLedger(byBody)
    const rejected = [...byBody].filter(([, { status }]) => status === 'rejected').map(([body]) => body)
    // Two packs of ten met a hang; half of their calls could wait until the request was given up and repeated.
    expect(rejected).toHaveLength(10)
    for (const body of rejected) expect(JSON.parse(body).n % 2).toBe(0)
  })

  it('and each group of a FIFO queue stays in order, without a second copy', async () => {
    const target = await start(
      { weights: { ok: 6, partial: 2, error: 1, lost: 1, silent: 1 }, seed: 7 },
      { coalesce: coalesce({ when: 'always' }), maxAttempts: 4, random: seeded(7) },
      fifoNames,
    )
    const groups = Array.from({ length: 20 }, (_, group) => `g${group}`)
    const confirmed: Record<string, number[]> = {}
    const sent: Record<string, number[]> = {}
    await Promise.all(
      groups.map(async (group) => {
        confirmed[group] = []
        sent[group] = []
        for (let n = 0; n < 15; n++) {
          sent[group].push(n)
          const message = { key: `${group}-${n}`, group, body: `${group} ${n}` }
          const [result] = await target.send([message], ample())
          if (result?.status === 'accepted') confirmed[group].push(n)
        }
      }),
    )
    const inQueue = (await queues.messages(name)).map(({ body }) => body.split(' '))
    for (const group of groups) {
      const order = inQueue.filter(([first]) => first === group).map(([, n]) => Number(n))
      expect(order).toStrictEqual([...new Set(order)].sort((a, b) => a - b))
      expect(confirmed[group]?.every((n) => order.includes(n))).toBe(true)
    }
  })
})
