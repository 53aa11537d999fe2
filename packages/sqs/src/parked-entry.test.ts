import type { SQSClient } from '@aws-sdk/client-sqs'
import { type QueueEngine, startQueues } from '@spillway/local/testing'
import type { Logger, MessageIdentity, ParkedStore, RecordSource, SourceRecord } from '@spillway/message'
import { bodyFingerprint, systemClock } from '@spillway/message/internal'
import { memoryParkedStore } from '@spillway/message/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { sqsSource } from './index.ts'
import { ample, clientOf, faulty } from './testing/sqs.ts'

let queues: QueueEngine
let client: SQSClient
let counter = 0
const names = Array.from({ length: 30 }, (_, index) => `parked${index}`)
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

interface Delivery {
  readonly via?: object
  readonly limit?: ReturnType<typeof ample>
  readonly messageId?: string
  /** Where the record is parked: that of another delivery, to park into the same queue. */
  readonly queue?: string
  readonly redriveOf?: string
  readonly logger?: Logger
  readonly now?: number
}

/** What `batch` reads from an envelope; `undefined` for a text that is none. */
function identityOf(text: string): MessageIdentity | undefined {
  if (!text.startsWith('{"spillway":1,')) return undefined
  const { name, key, ...rest } = JSON.parse(text)
  return { name, key, fingerprint: () => ('body' in rest ? bodyFingerprint(rest.body) : undefined) }
}

/** Parks one record with a body. */
async function park(body: string, parked: ParkedStore, delivery: Delivery = {}) {
  const { via = client, limit = ample(), messageId = 'm', redriveOf, logger, now = 1234 } = delivery
  const { queue = names[counter++] ?? '' } = delivery
  const middleware = sqsSource({
    queueUrl: queues.queueUrl('orders'),
    deadLetterQueueUrl: queues.queueUrl(queue),
    client: via as SQSClient,
    parked,
    clock: { ...systemClock, now: () => now },
    ...(logger !== undefined && { logger }),
  })
  const record = {
    messageId,
    receiptHandle: 'r',
    body,
    attributes: {},
    messageAttributes:
      redriveOf === undefined ? {} : { 'spillway.messageId': { dataType: 'String', stringValue: redriveOf } },
    eventSourceARN: queues.queueArn('orders'),
  }
  const event: Record<string, unknown> = { Records: [record] }
  await middleware.before?.({ event, internal: {} } as never)
  const source = event.source as RecordSource
  const [first] = source.records as [SourceRecord]
  const identity = identityOf(body)
  const found = identity && (await source.findParked?.([{ record: first, identity }], limit))
  const result = await source.park(first, reason, limit, identity).catch((thrown: unknown) => thrown)
  const copies = (await queues.messages(queue)).map((copy) => copy.body)
  return { result, copies, queue, found: found?.get(first) }
}

const envelope = (change: object = {}) =>
  JSON.stringify({ spillway: 1, name: 'order', version: 1, key: 'k', body: {}, ...change })

/** SHA-256 of `{}`. */
const fingerprint = '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'

describe('the decision to park a record', () => {
  it.each(['é', 'm\tn', '', 'm'.repeat(257)])(
    'is not that of another record for an attribute that is no id: %j',
    async (redriveOf) => {
      const calls: unknown[] = []
      const put = async (decision: unknown) => void calls.push(decision)
      const store = { put, confirm: put, findAll: async () => new Map() } as unknown as ParkedStore
      await park(envelope(), store, { redriveOf })
      expect(calls).toMatchObject([{ recordId: 'm', redriveOf: undefined }])
    },
  )

  it('has the name and the key of its envelope, even where the rest is wrong', async () => {
    const store = memoryParkedStore()
    expect(await park(envelope({ time: 'never' }), store)).toMatchObject({
      result: undefined,
      copies: [expect.any(String)],
    })
    const entry = { name: 'order', key: 'k', reason, at: new Date(1234), recordId: 'm', fingerprint }
    expect(store.entries).toStrictEqual([{ ...entry, copied: true }])
  })

  it('is not made for a record that holds no message: its copy is sent', async () => {
    const store = memoryParkedStore()
    const { result, copies } = await park('{', store)
    expect([result, copies]).toStrictEqual([undefined, ['{']])
    expect(store.entries).toStrictEqual([])
  })

  it('stands when the dead-letter queue does not confirm the copy, which the next delivery sends', async () => {
    const store = memoryParkedStore()
    const { result, queue } = await park(envelope(), store, { via: faulty(client, async () => ({})) })
    expect(result).toMatchObject({ code: 'SPILLWAY_PARK_FAILED' })
    expect(store.entries).toMatchObject([{ recordId: 'm', copied: false }])
    expect(await park(envelope(), store, { queue })).toMatchObject({
      found: reason,
      result: undefined,
      copies: [envelope()],
    })
    expect(store.entries).toMatchObject([{ recordId: 'm', copied: true }])
  })

  it('is made before the copy: a store that fails costs none, however often the record comes', async () => {
    const store = { ...memoryParkedStore(), put: () => Promise.reject(new TypeError('secret')) }
    const first = await park(envelope(), store)
    const again = await park(envelope(), store, { queue: first.queue })
    for (const { result, copies } of [first, again]) {
      expect(result).toMatchObject({
        code: 'SPILLWAY_PARK_FAILED',
        message:
          'The parked store did not take the entry of a record (TypeError). No copy is sent, and the record is delivered again.',
      })
      expect(copies).toStrictEqual([])
    }
  })

  it('is not made when the store does not answer in time', async () => {
    const store = { ...memoryParkedStore(), put: () => new Promise<never>(() => undefined) }
    const end = performance.now() + 1500
    const limit = { signal: new AbortController().signal, remainingTime: () => end - performance.now() }
    const { result, copies } = await park(envelope(), store, { limit })
    expect(result).toMatchObject({ code: 'SPILLWAY_PARK_FAILED' })
    expect(copies).toStrictEqual([])
  })

  it.each([
    ['the same record once more', { messageId: 'm' }],
    ['the same message from a client that repeated its request', { messageId: 'other' }],
  ])('has one copy: %s is confirmed without another', async (_, delivery) => {
    const store = memoryParkedStore()
    const { queue } = await park(envelope(), store)
    // A repeated request has another time.
    const again = await park(envelope({ time: '2026-01-01T00:00:00.000Z' }), store, { queue, ...delivery })
    expect(again).toMatchObject({ found: reason, result: undefined, copies: [envelope()] })
  })

  it('is made anew for the copy that came back, and for another body under the key', async () => {
    const store = memoryParkedStore()
    const { queue } = await park(envelope(), store)
    const copy = await park(envelope(), store, { queue, messageId: 'm2', redriveOf: 'm' })
    expect(copy).toMatchObject({ found: undefined, copies: [envelope(), envelope()] })
    // The first copy came back twice: the second time it opens nothing.
    const late = await park(envelope(), store, { queue, messageId: 'm3', redriveOf: 'm' })
    expect(late).toMatchObject({ found: reason, copies: [envelope(), envelope()] })
    const body = envelope({ body: { corrected: true } })
    const corrected = await park(body, store, { queue, messageId: 'm4' })
    expect(corrected).toMatchObject({ found: undefined, copies: [envelope(), envelope(), body] })
  })

  it.each([
    ['is known', envelope()],
    ['is not known either', envelope({ body: undefined })],
  ])(
    'says nothing of another record where its body is not known: one whose body %s has a copy',
    async (_, body) => {
      const store = memoryParkedStore()
      const forged = envelope({ body: undefined, claim: {} })
      const { queue } = await park(forged, store)
      const other = await park(body, store, { queue, messageId: 'other' })
      expect(other).toMatchObject({ found: undefined, result: undefined, copies: [forged, body] })
      expect(await park(body, store, { queue, messageId: 'other' })).toMatchObject({
        found: reason,
        copies: [forged, body],
      })
    },
  )

  it('belongs to its record: another one of the message sends no copy until a quarter of an hour has passed', async () => {
    const store = memoryParkedStore()
    const { queue } = await park(envelope(), store, { via: faulty(client, async () => ({})) })
    const other = { queue, messageId: 'other' }
    expect(await park(envelope(), store, { ...other, now: 1234 + 899_999 })).toMatchObject({
      result: { code: 'SPILLWAY_PARK_FAILED', message: expect.stringContaining('is being parked') },
      copies: [],
    })
    expect(await park(envelope(), store, { ...other, now: 1234 + 900_000 })).toMatchObject({
      result: undefined,
      copies: [envelope()],
    })
    const [copy] = await queues.messages(queue)
    expect(copy?.attributes).toMatchObject({ 'spillway.messageId': 'm' })
    expect(await park(envelope(), store, { queue })).toMatchObject({
      result: undefined,
      copies: [envelope()],
    })
  })

  it('counts a copy as sent that the store cannot note, and says so', async () => {
    const warn = vi.fn()
    const logger = { info: () => undefined, warn, error: () => undefined }
    const cause = new TypeError('x')
    const store = { ...memoryParkedStore(), confirm: () => Promise.reject(cause) }
    expect(await park(envelope(), store, { logger })).toMatchObject({
      result: undefined,
      copies: [envelope()],
    })
    expect(warn.mock.calls).toStrictEqual([
      [expect.stringContaining('did not note it'), { id: 'm', key: 'k', error: cause }],
    ])
  })
})
