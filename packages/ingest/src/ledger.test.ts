import type { SQSClient } from '@aws-sdk/client-sqs'
import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { type QueueEngine, startQueues } from '@spillway/local/testing'
import { defineMessage } from '@spillway/message'
import { sqsTarget } from '@spillway/sqs'
import { coalesce } from '@spillway/sqs/coalesce'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest'
import * as z from 'zod'
import { type FaultyEndpoint, seeded, startFaultyEndpoint } from '../../sqs/src/testing/faulty-endpoint.ts'
import { clientOf, configureSdk } from '../../sqs/src/testing/sqs.ts'
import {
  bodyLimit,
  bulkBodyParser,
  enqueue,
  enqueueMany,
  type ItemAnswer,
  problemDetails,
  validate,
} from './index.ts'
import { memoryLogger } from './testing/http.ts'
import { httpApiEvent, invoke, type TestAnswer } from './testing.ts'

// From the HTTP event to the queue, with the SDK's own client, through a server that fails as SQS and networks do.

const order = defineMessage({
  name: 'order.placed',
  schema: z.object({ id: z.string().min(1), note: z.string().optional() }),
  key: (body) => body.id,
})
const weights = {
  ok: 8,
  partial: 3,
  error: 2,
  throttle: 1,
  reset: 2,
  lost: 2,
  malformed: 1,
  silent: 1,
  hang: 0.2,
}
const names = ['single', 'given', 'shared', 'bulk', 'down']

let queues: QueueEngine
let endpoint: FaultyEndpoint
let client: SQSClient

beforeAll(async () => {
  const spec = { visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 0 }
  queues = await startQueues({ queues: names.map((name) => ({ name, ...spec })) })
})
afterAll(() => queues.stop())
afterEach(async () => {
  client.destroy()
  await endpoint.stop()
})

async function start(
  name: string,
  options: Parameters<typeof startFaultyEndpoint>[1],
  coalesced: boolean,
  whose: 'given' | 'own' = 'given',
) {
  endpoint = await startFaultyEndpoint(queues, options)
  const faulty = { endpoint: endpoint.endpoint, region: queues.region }
  configureSdk(faulty)
  client = clientOf(faulty)
  // The waits before a repetition play no part here.
  const clock = { now: Date.now, sleep: () => new Promise<void>((resolve) => setImmediate(resolve)) }
  const queueUrl = endpoint.queueUrl(name)
  return sqsTarget({
    queueUrl,
    clock,
    maxAttempts: 3,
    ...(coalesced && { coalesce: coalesce({ when: 'always' }) }),
    ...(whose === 'given' && { client }),
  })
}

/** Time enough for an attempt that hangs, and no more. */
const context = () => {
  const end = Date.now() + 4000
  return { awsRequestId: 'x', getRemainingTimeInMillis: () => end - Date.now() }
}

const storedKeys = async (name: string) =>
  (await queues.messages(name)).map(({ body }): string => JSON.parse(body).key)

/** Runs all, some at once. */
async function inTurns<Item, Result>(
  items: readonly Item[],
  run: (item: Item) => Promise<Result>,
  atOnce: number,
): Promise<readonly Result[]> {
  const results: Result[] = []
  const next = items.entries()
  const work = async () => {
    for (const [index, item] of next) results[index] = await run(item)
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return results
}

const soak = inject('soak')
const many = soak ? 1000 : 150

// Requests that share calls meet each fault less often: it takes more of them.
describe.each([
  ['single', 'own', false, 1, many],
  ['given', 'given', false, 4, many],
  ['shared', 'own', true, 2, soak ? 1000 : 300],
] as const)('single requests (%s)', (name, whose, coalesced, seed, total) => {
  it('add up: each 202 is in the queue, and what is there without one was told to be unsure', async () => {
    const to = await start(name, { weights, seed }, coalesced, whose)
    const handler = middy()
      .use(problemDetails({ logger: memoryLogger() }))
      .use(bodyLimit())
      .use(httpJsonBodyParser())
      .use(validate({ body: order }))
      .use(enqueue(order, { to }))
      .handler((event) => event.valid.body)
    const random = seeded(seed)
    const ids = Array.from({ length: total }, (_, index) => (random() < 0.05 ? '' : `k${index}`))
    const answers = await inTurns(
      ids,
      (id) => invoke(handler, httpApiEvent({ body: { id } }), context()),
      coalesced ? 50 : 10,
    )
    const stored = await storedKeys(name)
    const unique = new Set(stored)
    const with202 = ids.filter((_, index) => answers[index]?.status === 202)
    for (const id of with202) expect(unique).toContain(id)
    const unsure = new Set(ids.filter((_, index) => answers[index]?.status === 503))
    for (const id of unique) expect(with202.includes(id) || unsure.has(id), id).toBe(true)
    for (const [index, { status, headers }] of answers.entries()) {
      expect(status === 422, ids[index]).toBe(ids[index] === '')
      expect([202, 422, 503]).toContain(status)
      if (status === 503) expect(headers['retry-after']).toMatch(/^\d+$/)
    }
    // A message is in the queue once for its 202 and once for each answer that was lost; a busy machine loses more.
    expect(stored.length).toBeGreaterThanOrEqual(with202.length + endpoint.unconfirmed.length)
    // Most of them; on a busy machine the time is over before more attempts.
    expect(with202.length).toBeGreaterThan(total / 10)
    for (const fault of ['partial', 'error', 'throttle', 'reset', 'lost', 'malformed', 'silent'] as const) {
      expect(endpoint.faults[fault], fault).toBeGreaterThan(0)
    }
  })
})

describe('bulk requests', () => {
  const bulk = (to: ReturnType<typeof sqsTarget>) =>
    middy()
      .use(problemDetails({ logger: memoryLogger() }))
      .use(bodyLimit())
      .use(bulkBodyParser())
      .use(validate({ bodies: order }))
      .use(enqueueMany(order, { to, logger: memoryLogger() }))
      .handler((event) => event.valid.bodies)

  it('add up, item by item', async () => {
    const to = await start('bulk', { weights, seed: 3 }, false)
    const handler = bulk(to)
    const random = seeded(3)
    const requests = Array.from({ length: soak ? 60 : 40 }, (_, request) =>
      Array.from({ length: 1 + Math.floor(random() * 60) }, (_, index) =>
        random() < 0.1 ? { id: 7 } : { id: `r${request}-${index}` },
      ),
    )
    const answers = await inTurns(
      requests,
      (items) => invoke(handler, httpApiEvent({ body: items }), context()),
      6,
    )
    const stored = await storedKeys('bulk')
    const unique = new Set(stored)
    const fates = new Map<unknown, number>()
    for (const [request, { status, body }] of answers.entries()) {
      const { items } = body as { items: readonly ItemAnswer[] }
      const sent = requests[request] ?? []
      expect(items.map(({ index }) => index)).toStrictEqual(sent.map((_, index) => index))
      for (const { index = -1, status } of items) {
        const id = sent[index]?.id
        expect([202, 422, 503]).toContain(status)
        expect(status === 422).toBe(id === 7)
        if (status !== 422) fates.set(id, status)
      }
      const statuses = new Set(items.map(({ status }) => status))
      if (status === 202) expect(statuses).toStrictEqual(new Set([202]))
      else if (status === 207) expect(statuses.has(202) && statuses.size > 1).toBe(true)
      else expect(statuses).not.toContain(202)
    }
    const confirmed = [...fates].filter(([, status]) => status === 202)
    for (const [id] of confirmed) expect(unique).toContain(id)
    for (const id of unique) expect(fates.has(id), id).toBe(true)
    expect(stored.length).toBeGreaterThanOrEqual(confirmed.length + endpoint.unconfirmed.length)
    expect(confirmed.length).toBeGreaterThan(soak ? 500 : 350)
    expect(new Set(answers.map(({ status }: TestAnswer) => status)).has(207)).toBe(true)
  })

  it('are 503 with Retry-After, item by item, while the queue is down', async () => {
    const to = await start('down', { plan: () => 'error' }, false)
    const answer = await invoke(bulk(to), httpApiEvent({ body: [{ id: 'a' }, { id: 'b' }] }), context())
    expect(answer).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      body: { code: 'SPILLWAY_SEND_FAILED', items: [{ status: 503 }, { status: 503 }] },
    })
    expect(await storedKeys('down')).toStrictEqual([])
  })

  it('of 200 small items make 20 requests to SQS', async () => {
    const to = await start('bulk', {}, false)
    const items = Array.from({ length: 200 }, (_, index) => ({ id: `small-${index}` }))
    const answer = await invoke(bulk(to), httpApiEvent({ body: items }), context())
    expect(answer).toMatchObject({ status: 202, body: { accepted: 200, rejected: 0 } })
    expect([endpoint.requests, endpoint.entries]).toStrictEqual([20, 200])
  })
})
