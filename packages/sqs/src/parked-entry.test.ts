import type { SQSClient } from '@aws-sdk/client-sqs'
import { type QueueEngine, startQueues } from '@spillway/local/testing'
import type { ParkedMessage, ParkedStore, SourceRecord } from '@spillway/message'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sqsSource } from './index.ts'
import { ample, clientOf, faulty } from './testing/sqs.ts'

let queues: QueueEngine
let client: SQSClient
let counter = 0
const names = Array.from({ length: 20 }, (_, index) => `parked${index}`)
const spec = { visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 0 }
const reason = { code: '23514', detail: 'a check' }

beforeAll(async () => {
  queues = await startQueues({ queues: [...names, 'orders'].map((name) => ({ name, ...spec })) })
  client = clientOf(queues)
})
afterAll(async () => {
  client.destroy()
  await queues.stop()
})

function memoryParkedStore(put?: ParkedStore['put']): ParkedStore & { readonly entries: ParkedMessage[] } {
  const entries: ParkedMessage[] = []
  return {
    entries,
    put: put ?? (async (parked) => void entries.push(parked)),
    find: async () => undefined,
  }
}

/** Parks one record with a body. */
async function park(body: string, parked: ParkedStore, { via = client as object, limit = ample() } = {}) {
  const name = names[counter++] ?? ''
  const middleware = sqsSource({
    queueUrl: queues.queueUrl('orders'),
    deadLetterQueueUrl: queues.queueUrl(name),
    client: via as SQSClient,
    parked,
    clock: { now: () => 1234, sleep: async () => undefined },
  })
  const record = { messageId: 'm', body, attributes: {}, eventSourceARN: queues.queueArn('orders') }
  const event: Record<string, unknown> = { Records: [record] }
  await middleware.before?.({ event } as never)
  const source = event.source as { park: (...all: unknown[]) => Promise<void>; records: SourceRecord[] }
  const result = await source.park(source.records[0], reason, limit).catch((thrown: unknown) => thrown)
  return { result, copies: (await queues.messages(name)).map((copy) => copy.body) }
}

const envelope = (change: object = {}) =>
  JSON.stringify({ spillway: 1, name: 'order', version: 1, key: 'k', body: {}, ...change })

describe('the entry of a parked record', () => {
  it('has the name and the key of its envelope, even where the rest is wrong', async () => {
    const store = memoryParkedStore()
    expect(await park(envelope({ time: 'never', body: undefined }), store)).toMatchObject({
      result: undefined,
      copies: [expect.any(String)],
    })
    expect(store.entries).toStrictEqual([{ name: 'order', key: 'k', reason, at: new Date(1234) }])
  })

  it.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['another version', envelope({ spillway: 2 })],
    ['no name', envelope({ name: '' })],
    ['no key', envelope({ key: 7 })],
    ['half of a pair in its key', envelope({ key: '\uD800' })],
  ])('is not made for %s, which is parked all the same', async (_, body) => {
    const store = memoryParkedStore()
    const { result, copies } = await park(body, store)
    expect([result, copies]).toStrictEqual([undefined, [body]])
    expect(store.entries).toStrictEqual([])
  })

  it('is not made when the dead-letter queue does not confirm the copy', async () => {
    const store = memoryParkedStore()
    const { result } = await park(envelope(), store, { via: faulty(client, async () => ({})) })
    expect(result).toMatchObject({ code: 'SPILLWAY_PARK_FAILED' })
    expect(store.entries).toStrictEqual([])
  })

  it('fails the park when the store does not take it: the record comes again', async () => {
    const store = memoryParkedStore(() => Promise.reject(new TypeError('secret')))
    const { result, copies } = await park(envelope(), store)
    expect(result).toMatchObject({
      code: 'SPILLWAY_PARK_FAILED',
      message:
        'The parked store did not take the entry of a record (TypeError). It is delivered again, and parked again.',
    })
    expect(copies).toHaveLength(1)
  })

  it('fails the park when the store does not answer in time', async () => {
    const store = memoryParkedStore(() => new Promise(() => undefined))
    const end = performance.now() + 1500
    const limit = { signal: new AbortController().signal, remainingTime: () => end - performance.now() }
    expect((await park(envelope(), store, { limit })).result).toMatchObject({ code: 'SPILLWAY_PARK_FAILED' })
  })
})
