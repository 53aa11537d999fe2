import { createHash } from 'node:crypto'
import type { ClaimStore, RecordSource } from '@spillway/message'
import { maxClaimBytes } from '@spillway/transport'
import type { Context, SQSEvent } from 'aws-lambda'
import { beforeEach, describe, expect, it } from 'vitest'
import { type ClaimSourceOptions, sqsSource } from './index.ts'
import { ample } from './testing/sqs.ts'
import { type MemoryClaimStore, memoryClaimStore } from './testing.ts'

let store: MemoryClaimStore
beforeEach(() => {
  store = memoryClaimStore()
})

const text = '{"spillway":1,"name":"a","version":1,"key":"k","time":"2026-01-02T03:04:05.678Z","body":{}}'
const sha256 = createHash('sha256').update(text).digest('hex')
const claim = { key: `spillway/${sha256}`, bytes: text.length, sha256 }
const envelope = (change: object = {}) =>
  JSON.stringify({ spillway: 1, name: 'a', version: 1, key: 'k', claim: { ...claim, ...change } })

async function sourceOf(bodies: readonly string[], claimCheck?: ClaimSourceOptions): Promise<RecordSource> {
  const middleware = sqsSource({
    queueUrl: 'https://sqs/q',
    deadLetterQueueUrl: 'https://sqs/dlq',
    ...(claimCheck && { claimCheck }),
  })
  const Records = bodies.map((body, index) => ({
    messageId: `m${index}`,
    receiptHandle: `r${index}`,
    body,
    attributes: {},
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:q',
  }))
  const event = { Records } as unknown as SQSEvent & { source: RecordSource }
  const request = { event, context: {} as Context, response: undefined, error: null, internal: {} }
  await middleware.before?.(request as never)
  return event.source
}

const load = async (body: string, change: Partial<ClaimSourceOptions> = {}) =>
  (await sourceOf([body], { store, ...change })).records[0]?.load?.(ample())

describe('a claim', () => {
  it('is what its record has a loader for, and keeps its body', async () => {
    store.texts.set(claim.key, text)
    const { records } = await sourceOf([envelope(), text], { store })
    expect(records[0]?.body).toBe(envelope())
    expect(await records[0]?.load?.(ample())).toBe(text)
    expect(records[1]).not.toHaveProperty('load')
  })

  it('is found under a longer prefix than that of the source', async () => {
    const key = `spillway/orders/${sha256}`
    store.texts.set(key, text)
    expect(await load(envelope({ key }))).toBe(text)
  })

  it.each([
    ['that climbs out of its prefix', { key: `spillway/../secrets/${sha256}` }],
    ['that is not made of its hash', { key: 'spillway/payroll.json' }],
    ['of more than any target stores', { bytes: maxClaimBytes + 1 }],
  ])('%s is not fetched', async (_, change) => {
    const asked: string[] = []
    const watched: ClaimStore = {
      ...store,
      async get(key) {
        asked.push(key)
        return text
      },
    }
    await expect(load(envelope(change), { store: watched })).rejects.toMatchObject({
      code: 'SPILLWAY_CLAIM_MISSING',
    })
    expect(asked).toStrictEqual([])
  })

  it("under a prefix that is not the source's own is not fetched, and may be had once a deploy puts it right", async () => {
    store.texts.set(claim.key, text)
    await expect(load(envelope(), { prefix: 'prod/' })).rejects.toMatchObject({
      code: 'SPILLWAY_CLAIM_FAILED',
      message:
        'The record is a claim on a large body, which could not be fetched: its key does not begin with the prefix of this source, which must be the prefix of the target.',
    })
  })

  it('asks the store for no more bytes than it says', async () => {
    const asked: unknown[] = []
    const watched: ClaimStore = {
      ...store,
      get: async (key, _, bytes) => void asked.push([key, bytes]) as undefined,
    }
    await expect(load(envelope(), { store: watched })).rejects.toMatchObject({
      code: 'SPILLWAY_CLAIM_MISSING',
    })
    expect(asked).toStrictEqual([[claim.key, text.length]])
  })

  it('is missing when the store has nothing, or something else', async () => {
    await expect(load(envelope())).rejects.toMatchObject({
      code: 'SPILLWAY_CLAIM_MISSING',
      message:
        'The record is a claim on a large body, which no longer exists: the store has nothing under its key.',
    })
    store.texts.set(claim.key, `${text} `)
    await expect(load(envelope())).rejects.toMatchObject({
      code: 'SPILLWAY_CLAIM_MISSING',
      message:
        'The record is a claim on a large body, which no longer exists: the store has something else under its key.',
    })
  })

  it('is missing when its size is not that of the body', async () => {
    store.texts.set(claim.key, text)
    await expect(load(envelope({ bytes: 1 }))).rejects.toMatchObject({ code: 'SPILLWAY_CLAIM_MISSING' })
  })

  it('may be had the next time when the store is in trouble', async () => {
    const broken: ClaimStore = { ...store, get: () => Promise.reject(new TypeError('secret')) }
    await expect(load(envelope(), { store: broken })).rejects.toMatchObject({
      code: 'SPILLWAY_CLAIM_FAILED',
      message:
        'The record is a claim on a large body, which could not be fetched: the store did not give it (TypeError).',
    })
  })

  it('does not wait longer than it may', async () => {
    const silent: ClaimStore = { ...store, get: () => new Promise(() => undefined) }
    const { records } = await sourceOf([envelope()], { store: silent })
    const limit = { signal: new AbortController().signal, remainingTime: () => 50 }
    await expect(records[0]?.load?.(limit)).rejects.toMatchObject({ code: 'SPILLWAY_CLAIM_FAILED' })
  })

  it('is delivered again by a source that has no store', async () => {
    const { records } = await sourceOf([envelope()])
    await expect(records[0]?.load?.(ample())).rejects.toMatchObject({
      code: 'SPILLWAY_CLAIM_FAILED',
      message:
        'The record is a claim on a large body, which could not be fetched: sqsSource needs the option `claimCheck`.',
    })
  })
})

describe('the bodies of one batch', () => {
  it('take their turns: the source says how much there is room for, and what each takes', async () => {
    const { records, maximumLoadBytes } = await sourceOf([envelope(), text], { store, maximumBatchBytes: 7 })
    expect(maximumLoadBytes).toBe(7)
    expect(records.map(({ loadBytes }) => loadBytes)).toStrictEqual([text.length, undefined])
    expect((await sourceOf([], { store })).maximumLoadBytes).toBe(67_108_864)
  })
})

it('names a typo', async () => {
  // @ts-expect-error the option is wrong on purpose
  await expect(sourceOf([], { store, prefixx: 'a' })).rejects.toThrow(
    'sqsSource.claimCheck has no option `prefixx`. Its options are store, prefix, maximumBatchBytes.',
  )
})
