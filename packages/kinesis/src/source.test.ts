import {
  createMessage,
  defineMessage,
  encodeMessage,
  type MessageIdentity,
  type SourceRecord,
} from '@spillway/message'
import { bodyFingerprint, systemClock } from '@spillway/message/internal'
import { memoryParkedStore } from '@spillway/message/testing'
import type { KinesisStreamEvent } from 'aws-lambda'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { type DeadLetter, type KinesisSourceOptions, kinesisSource, redriveData } from './index.ts'
import { ample, sourceOf } from './testing/kinesis.ts'
import { kinesisEvent, memoryDeadLetter } from './testing.ts'

const reading = defineMessage({
  name: 'reading',
  schema: z.object({ id: z.string(), sensor: z.string() }),
  key: (body) => body.id,
  group: (body) => body.sensor,
})
const two = () =>
  kinesisEvent(
    reading,
    [
      { id: 'a', sensor: 's1' },
      { id: 'b', sensor: 's2' },
    ],
    { arrivedAt: new Date(0) },
  )
const reason = { code: '23514', detail: 'a check failed', issues: [{ path: '/x', message: 'too small' }] }
const clock = { ...systemClock, now: () => 5000 }
const first = (records: readonly SourceRecord[]) => records[0] as SourceRecord

/** What `batch` reads from an envelope. */
function identityOf(text: string): MessageIdentity {
  const { name, key, body, redriveOf } = JSON.parse(text)
  return { name, key, redriveOf, fingerprint: () => bodyFingerprint(body) }
}

/** An event with whatever somebody may have put into it. */
const eventOf = (...records: unknown[]) => ({ Records: records }) as KinesisStreamEvent

describe('records', () => {
  it('have their text, the sequence number as id and the partition key as lane', async () => {
    const source = await sourceOf(await two(), { deadLetter: memoryDeadLetter() })
    expect(source.checkpoint).toBe(true)
    expect(source.records.map(({ id, lane, receiveCount }) => [id, lane, receiveCount])).toStrictEqual([
      [`49${'0'.repeat(54)}`, 's1', 1],
      [`49${'0'.repeat(53)}1`, 's2', 1],
    ])
    expect(JSON.parse(first(source.records).body)).toMatchObject({ spillway: 1, key: 'a', group: 's1' })
  })

  it('cannot be delivered later: a delay does nothing', async () => {
    const source = await sourceOf(await two(), { deadLetter: memoryDeadLetter() })
    await expect(
      source.delay([{ record: first(source.records), seconds: 5 }], ample()),
    ).resolves.toBeUndefined()
  })

  it('that stand for a large body fetch it', async () => {
    const [record] = (await two()).Records
    const body = encodeMessage(createMessage(reading, { id: 'a', sensor: 's' }, { time: new Date(0) }))
    const { createHash } = await import('node:crypto')
    const sha256 = createHash('sha256').update(body).digest('hex')
    const { body: _, ...envelope } = JSON.parse(body)
    const claim = { ...envelope, claim: { key: `spillway/${sha256}`, bytes: body.length, sha256 } }
    const data = Buffer.from(JSON.stringify(claim)).toString('base64')
    const event = eventOf({ ...record, kinesis: { ...record?.kinesis, data } })
    const store = { put: async () => undefined, get: async () => body }
    const { records } = await sourceOf(event, { deadLetter: memoryDeadLetter(), claimCheck: { store } })
    expect(first(records).loadBytes).toBe(body.length)
    expect(await first(records).load?.(ample())).toBe(body)
    const without = await sourceOf(event, { deadLetter: memoryDeadLetter() })
    await expect(first(without.records).load?.(ample())).rejects.toThrow(
      'kinesisSource needs the option `claimCheck`',
    )
  })
})

describe('a hostile record', () => {
  it.each([
    ['null', null],
    ['nothing', undefined],
    ['a text', 'x'],
    ['no kinesis', {}],
    ['kinesis of another kind', { kinesis: 7, eventID: 7, eventSourceARN: {} }],
    ['no data', { kinesis: { sequenceNumber: '1', partitionKey: 'p' } }],
    [
      'facts of another kind',
      { kinesis: { sequenceNumber: 1, partitionKey: [], approximateArrivalTimestamp: 'x' } },
    ],
  ])('does not cost its neighbours: %s', async (_, record) => {
    const deadLetter = memoryDeadLetter()
    const [good] = (await two()).Records
    const source = await sourceOf(eventOf(record, good), { deadLetter })
    expect(source.records).toHaveLength(2)
    expect(new Set(source.records.map(({ id }) => id)).size).toBe(2)
    expect(first(source.records).body).toBe('')
    await source.park(first(source.records), reason, ample())
    expect(deadLetter.copies).toMatchObject([
      {
        reason: { code: 'SPILLWAY_ENVELOPE_INVALID', detail: 'The record has no data.' },
        text: undefined,
        base64: '',
      },
    ])
  })
})

describe('an event of another service', () => {
  it.each<[string, unknown]>([
    ['SQS', { Records: [{ messageId: 'm', body: '{"spillway":1}', eventSource: 'aws:sqs' }] }],
    ['DynamoDB', { Records: [{ eventSource: 'aws:dynamodb', dynamodb: {} }] }],
    ['SNS', { Records: [{ EventSource: 'aws:sns', Sns: {} }] }],
    ['Kafka', { records: {} }],
    ['nobody', {}],
  ])('throws, else its records would be parked without what is in them: %s', async (_, event) => {
    const deadLetter = memoryDeadLetter()
    await expect(sourceOf(event as KinesisStreamEvent, { deadLetter })).rejects.toMatchObject({
      code: 'SPILLWAY_SOURCE_MISSING',
      message: expect.stringContaining('kinesisSource'),
    })
  })

  it('is one whose data a middleware before it decoded: nothing could park them', async () => {
    const [record] = (await two()).Records
    const event = eventOf({ ...record, kinesis: { ...record?.kinesis, data: { id: 'a' } } })
    await expect(sourceOf(event, { deadLetter: memoryDeadLetter() })).rejects.toMatchObject({
      code: 'SPILLWAY_SOURCE_MISSING',
      message: expect.stringContaining('Use it before'),
    })
  })

  it('is none without records', async () => {
    expect((await sourceOf(eventOf(), { deadLetter: memoryDeadLetter() })).records).toStrictEqual([])
  })
})

describe('a parked record', () => {
  const park = async (deadLetter: DeadLetter, options: Partial<KinesisSourceOptions> = {}) => {
    const source = await sourceOf(await two(), { deadLetter, clock, ...options })
    await source.park(first(source.records), reason, ample())
    return first(source.records)
  }

  it('goes with its reason and all that is known of it', async () => {
    const deadLetter = memoryDeadLetter()
    const { body } = await park(deadLetter)
    expect(deadLetter.copies).toStrictEqual([
      {
        reason,
        parkedAt: new Date(5000),
        text: body,
        base64: Buffer.from(body).toString('base64'),
        stream: 'arn:aws:kinesis:us-east-1:000000000000:stream/test',
        shardId: 'shardId-000000000000',
        sequenceNumber: `49${'0'.repeat(54)}`,
        recordId: `49${'0'.repeat(54)}`,
        partitionKey: 's1',
        arrivedAt: new Date(0),
      },
    ])
  })

  it('is decided before its copy is sent, and noted after it', async () => {
    const order: string[] = []
    const store = memoryParkedStore()
    const source = await sourceOf(await two(), {
      clock,
      deadLetter: { put: async () => void order.push(`copy, decided: ${store.entries.length}`) },
      parked: store,
    })
    const record = first(source.records)
    const identity = identityOf(record.body)
    for (const delivery of ['first', 'again']) {
      order.push(delivery)
      await source.park(record, reason, ample(), identity)
    }
    expect(order).toStrictEqual(['first', 'copy, decided: 1', 'again'])
    expect(store.entries).toMatchObject([
      { name: 'reading', key: 'a', reason, at: new Date(5000), recordId: record.id, copied: true },
    ])
    expect(await source.findParked?.([{ record, identity }], ample())).toStrictEqual(
      new Map([[record, reason]]),
    )
    // Put back with what tells which record it is the copy of, it opens its key.
    const copy = Buffer.from(redriveData(record.body, record.id)).toString()
    const redriven = { ...record, id: '7', body: copy }
    const opened = identityOf(copy)
    expect(await source.findParked?.([{ record: redriven, identity: opened }], ample())).toStrictEqual(
      new Map(),
    )
  })

  it('is overdue after its time, unless it may be retried for ever', async () => {
    const overdue = async (options: Partial<KinesisSourceOptions>, now: number) => {
      const source = await sourceOf(await two(), {
        deadLetter: memoryDeadLetter(),
        clock: { ...clock, now: () => now },
        ...options,
      })
      return source.records.map((record) => record.overdue ?? false)
    }
    expect(await overdue({}, 3_600_000)).toStrictEqual([false, false])
    expect(await overdue({}, 3_600_001)).toStrictEqual([true, true])
    expect(await overdue({ parkAfter: 60 }, 60_001)).toStrictEqual([true, true])
    expect(await overdue({ parkAfter: false }, 1e12)).toStrictEqual([false, false])
  })

  it.each<[string, DeadLetter]>([
    ['refuses', { put: () => Promise.reject(new Error('secret')) }],
    [
      'throws',
      {
        put: () => {
          throw new Error('secret')
        },
      },
    ],
  ])('is not parked when the store %s', async (_, deadLetter) => {
    await expect(park(deadLetter)).rejects.toMatchObject({
      code: 'SPILLWAY_PARK_FAILED',
      message: expect.not.stringContaining('secret'),
    })
  })

  it('is not parked when the store does not answer in time', async () => {
    const source = await sourceOf(await two(), { deadLetter: { put: () => new Promise(() => undefined) } })
    const limit = { signal: new AbortController().signal, remainingTime: () => 20 }
    await expect(source.park(first(source.records), reason, limit)).rejects.toMatchObject({
      code: 'SPILLWAY_PARK_FAILED',
    })
  })
})

describe('records that a middleware in between replaced', () => {
  it('are parked with the data of their stream', async () => {
    const deadLetter = memoryDeadLetter()
    const source = await sourceOf(await two(), { deadLetter })
    const record = { ...first(source.records), lane: 'another' }
    await source.park(record, reason, ample())
    expect(deadLetter.copies).toMatchObject([{ reason, text: record.body, sequenceNumber: record.id }])
  })

  it('are not parked when they are of no record: a copy of nothing would lose them', async () => {
    const deadLetter = memoryDeadLetter()
    const source = await sourceOf(await two(), { deadLetter })
    const record = { ...first(source.records), id: 'another' }
    await expect(source.park(record, reason, ample())).rejects.toMatchObject({ code: 'SPILLWAY_PARK_FAILED' })
    expect(deadLetter.copies).toStrictEqual([])
  })
})

describe('options', () => {
  it.each<[object, string]>([
    [{}, 'the option `deadLetter` is missing; it must be a dead-letter store'],
    [{ deadLetter: {} }, '`deadLetter` must be a dead-letter store, for example sqsDeadLetter({ queueUrl })'],
    [{ deadLetter: memoryDeadLetter(), deadletter: 1 }, 'deadLetter'],
    [{ deadLetter: memoryDeadLetter(), parkAfter: 1 }, '`parkAfter` must be false, or an integer from 60'],
    [{ deadLetter: memoryDeadLetter(), parkAfter: true }, '`parkAfter`'],
    [
      { deadLetter: memoryDeadLetter(), claimCheck: { store: 7 } },
      'kinesisSource.claimCheck: the option `store`',
    ],
  ])('%j are refused', (options, message) => {
    expect(() => kinesisSource(options as KinesisSourceOptions)).toThrow(message)
  })
})
