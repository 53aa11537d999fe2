import { createHash } from 'node:crypto'
import type { SQSClient } from '@aws-sdk/client-sqs'
import { type QueueEngine, startQueues } from '@spillway/local/testing'
import {
  type ClaimStore,
  createMessage,
  defineMessage,
  type EncodedMessage,
  encodeMessage,
} from '@spillway/message'
import { maxClaimBytes, readClaim } from '@spillway/transport'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { type ClaimCheckOptions, claimCheck } from './claim-check.ts'
import { sqsTarget } from './index.ts'
import { ample, clientOf } from './testing/sqs.ts'
import { type MemoryClaimStore, memoryClaimStore } from './testing.ts'

let queues: QueueEngine
let client: SQSClient
let store: MemoryClaimStore
let name = ''
let counter = 0
const names = Array.from({ length: 30 }, (_, index) => `q${index}`)
const spec = { visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 0 }
const note = defineMessage({ name: 'note', schema: z.object({ text: z.string() }) })
const clock = { now: () => 0, sleep: async () => undefined }

beforeAll(async () => {
  queues = await startQueues({ queues: [...names, 'a.fifo'].map((name) => ({ name, ...spec })) })
  client = clientOf(queues)
})
afterAll(async () => {
  client.destroy()
  await queues.stop()
})
beforeEach(() => {
  name = names[counter++] ?? ''
  store = memoryClaimStore()
})

/** A message whose envelope has so many bytes. */
function sized(bytes: number, key = 'k', rest: Partial<EncodedMessage> = {}): EncodedMessage {
  const body = (text: string) =>
    encodeMessage(createMessage(note, { text }, { time: new Date(0), key, traceparent: rest.traceparent }))
  return { key, body: body('x'.repeat(bytes - body('').length)), ...rest }
}

function target(check: Partial<ClaimCheckOptions> = {}, options: object = {}) {
  return sqsTarget({
    queueUrl: queues.queueUrl(name),
    client,
    clock,
    maximumMessageSize: 2048,
    claimCheck: claimCheck({ store, ...check }),
    ...options,
  })
}

const bodies = async () => (await queues.messages(name)).map(({ body }) => body)

/** A store that fails so many times. */
function failing(times: number): ClaimStore {
  let left = times
  return {
    ...store,
    async put(...all) {
      if (left-- > 0) throw Object.assign(new Error('secret'), { name: 'SlowDown' })
      await store.put(...all)
    },
  }
}

describe('the threshold', () => {
  it('is the size of the queue: exactly it goes as it is, a byte more goes into the store', async () => {
    const [fits, over] = [sized(2048, 'a'), sized(2049, 'b')]
    expect(await target().send([fits, over], ample())).toStrictEqual([
      { status: 'accepted' },
      { status: 'accepted' },
    ])
    const sha256 = createHash('sha256').update(over.body).digest('hex')
    const claim = { key: `spillway/${sha256}`, bytes: 2049, sha256 }
    const [first, second] = (await bodies()).sort((a, b) => b.length - a.length)
    expect(first).toBe(fits.body)
    expect(JSON.parse(second ?? '')).toStrictEqual({
      spillway: 1,
      name: 'note',
      version: 1,
      key: 'b',
      time: '1970-01-01T00:00:00.000Z',
      claim,
    })
    expect([...store.texts]).toStrictEqual([[claim.key, over.body]])
  })

  it('may be lower, and counts the attributes', async () => {
    const attributes = { a: 'xyz' }
    const check = target({ threshold: 1000, prefix: 'orders/' })
    const results = await check.send(
      [sized(990, 'a', { attributes }), sized(991, 'b', { attributes }), sized(1000, 'c')],
      ample(),
    )
    expect(results).toStrictEqual(new Array(3).fill({ status: 'accepted' }))
    const claimed = (await bodies()).filter((body) => readClaim(body) !== undefined)
    expect(claimed.map((body) => JSON.parse(body).key)).toStrictEqual(['b'])
    expect([...store.texts.keys()]).toStrictEqual([expect.stringMatching(/^orders\/[0-9a-f]{64}$/)])
    const parked = (await queues.messages(name)).find(({ body }) => body === claimed[0])
    expect(parked?.attributes).toMatchObject(attributes)
  })

  it('may be of a default queue', async () => {
    const large = sized(1_048_577)
    const check = sqsTarget({ queueUrl: queues.queueUrl(name), client, claimCheck: claimCheck({ store }) })
    expect(await check.send([large], ample())).toStrictEqual([{ status: 'accepted' }])
    expect([...store.texts.values()]).toStrictEqual([large.body])
  })

  it('cannot be more than the queue takes', () => {
    expect(() => target({ threshold: 2049 })).toThrow(
      'sqsTarget: the option `threshold` of claimCheck must be at most 2048, the most bytes of a message.',
    )
    expect(() => target({ store: undefined as never })).toThrow(
      'claimCheck: the option `store` is missing; it must be a claim store, for example s3ClaimStore({ bucket }).',
    )
  })
})

it.each(['', '../a/', 'a/./', '\uD800'])('refuses the prefix %j', (prefix) => {
  expect(() => target({ prefix })).toThrow(
    "claimCheck: the option `prefix` must be a string of 1 to 512 characters, without '.' or '..' between slashes.",
  )
})

describe('what is rejected', () => {
  const tooLarge = { status: 'rejected', code: 'SPILLWAY_BODY_TOO_LARGE', retryable: false }

  it('is a large message without a claim check', async () => {
    const plain = target({}, { claimCheck: undefined })
    expect(await plain.send([sized(2049)], ample())).toMatchObject([tooLarge])
  })

  it('is text that is no envelope: a reader could not find its body', async () => {
    expect(await target().send([{ key: 'k', body: 'x'.repeat(2049) }], ample())).toMatchObject([tooLarge])
    expect(store.texts.size).toBe(0)
  })

  it('is a message whose attributes alone are too large', async () => {
    const attributes = { a: 'x'.repeat(2000) }
    expect(await target().send([sized(500, 'k', { attributes })], ample())).toMatchObject([tooLarge])
    expect(store.texts.size).toBe(0)
  })

  it('is more than any reader fetches', async () => {
    expect(await target().send([sized(maxClaimBytes + 1)], ample())).toMatchObject([tooLarge])
    expect(store.texts.size).toBe(0)
  })

  it('is a message that the queue does not take for another reason, before it is stored', async () => {
    const results = await target().send([sized(2049, 'k', { delay: 901 })], ample())
    expect(results).toMatchObject([{ code: 'SPILLWAY_SEND_FAILED', retryable: false }])
    expect(store.texts.size).toBe(0)
  })
})

describe('a store that fails', () => {
  it('is asked again, like a queue', async () => {
    expect(await target({ store: failing(3) }).send([sized(3000)], ample())).toStrictEqual([
      { status: 'accepted' },
    ])
  })

  it('costs the message, and only that: it is not sent', async () => {
    const results = await target({ store: failing(4) }).send([sized(3000, 'a'), sized(500, 'b')], ample())
    expect(results).toStrictEqual([
      {
        status: 'rejected',
        code: 'SPILLWAY_CLAIM_FAILED',
        detail: 'The message is too large for its queue or stream, and the store did not take it: SlowDown.',
        retryable: true,
        cause: expect.objectContaining({ name: 'SlowDown' }),
      },
      { status: 'accepted' },
    ])
    expect((await bodies()).map((body) => JSON.parse(body).key)).toStrictEqual(['b'])
  })

  it('does not have its time overrun when it does not answer', async () => {
    const silent: ClaimStore = { ...store, put: () => new Promise(() => undefined) }
    const end = performance.now() + 1500
    const limit = { signal: new AbortController().signal, remainingTime: () => end - performance.now() }
    const results = await target({ store: silent }).send([sized(3000)], limit)
    expect(results).toMatchObject([{ code: 'SPILLWAY_CLAIM_FAILED', retryable: true }])
    expect(performance.now()).toBeLessThan(end)
    expect(await bodies()).toStrictEqual([])
  })

  it('gives no call all its places: one with few messages is not behind all of another', async () => {
    let under = 0
    const slow: ClaimStore = {
      ...store,
      async put() {
        under++
        await new Promise((resolve) => setTimeout(resolve, 5))
      },
    }
    const shared = target({ store: slow }, { concurrency: 2 })
    const many = shared.send(
      Array.from({ length: 60 }, (_, index) => sized(3000, `m${index}`)),
      ample(),
    )
    const before = under
    await shared.send([sized(3000, 'one')], ample())
    // Its own, and at most what was under way or next when it came.
    expect(under - before).toBeLessThan(10)
    await many
  })

  it('ends the group of the message on a FIFO queue', async () => {
    const ordered = target({ store: failing(9) }, { queueUrl: queues.queueUrl('a.fifo') })
    const group = 'g'
    const results = await ordered.send(
      [sized(300, 'a', { group }), sized(3000, 'b', { group }), sized(300, 'c', { group })],
      ample(),
    )
    expect(results).toMatchObject([
      { status: 'accepted' },
      { code: 'SPILLWAY_CLAIM_FAILED', retryable: true },
      { code: 'SPILLWAY_SEND_FAILED', retryable: true },
    ])
    expect(await queues.messages('a.fifo')).toHaveLength(1)
  })
})

it('puts a few bodies at once', async () => {
  let now = 0
  let most = 0
  const counting: ClaimStore = {
    ...store,
    async put(...all) {
      most = Math.max(most, ++now)
      await new Promise((resolve) => setImmediate(resolve))
      await store.put(...all)
      now--
    },
  }
  const all = Array.from({ length: 20 }, (_, index) => sized(3000, `key-${index}`))
  const results = await target({ store: counting }, { concurrency: 3 }).send(all, ample())
  expect(results).toStrictEqual(new Array(20).fill({ status: 'accepted' }))
  expect([most, store.texts.size]).toStrictEqual([3, 20])
})
