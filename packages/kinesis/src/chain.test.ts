import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { type BatchHandler, batch } from '@spillway/batch'
import { enqueue, enqueueMany, problemDetails, validate } from '@spillway/ingest'
import { defineMessage, done, type Outcome, park, retry, type Writer } from '@spillway/message'
import type { Context, KinesisStreamEvent } from 'aws-lambda'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { kinesisPartialBatchFailure, kinesisSource, kinesisTarget } from './index.ts'
import { startTestStreams, type TestStreams } from './testing/kinesis.ts'
import { kinesisEvent, memoryDeadLetter } from './testing.ts'

// The chains of both functions: HTTP to the stream, and the stream to a writer.

const reading = defineMessage({
  name: 'reading.taken',
  schema: z.object({ id: z.string(), sensor: z.string(), value: z.number() }),
  key: (body) => body.id,
  group: (body) => body.sensor,
})
type Body = { id: string; sensor: string; value: number }

let streams: TestStreams
beforeAll(async () => {
  streams = await startTestStreams(['one', 'many', 'down'].map((name) => ({ name, shards: 1 })))
})
afterAll(() => streams.stop())
beforeEach(() => {
  streams.onPut = undefined
})

const logger = { info() {}, warn() {}, error() {} }
const context = { getRemainingTimeInMillis: () => 10_000 } as Context
const request = (body: unknown) =>
  ({
    version: '2.0',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    requestContext: { http: { method: 'POST' } },
  }) as never

describe('HTTP to a stream', () => {
  const ingest = (streamName: string) =>
    middy()
      .use(problemDetails({ logger }))
      .use(httpJsonBodyParser())
      .use(validate({ body: reading }))
      .use(enqueue(reading, { to: kinesisTarget({ streamName, client: streams.client, maxAttempts: 2 }) }))
      .handler((event) => event.valid.body)

  it('answers 202 once the stream has it, under its group', async () => {
    const body = { id: 'a', sensor: 's1', value: 20.5 }
    expect(await ingest('one')(request(body), context)).toMatchObject({ statusCode: 202 })
    const [record] = streams.engine.records('one')
    expect(record?.partitionKey).toBe('s1')
    expect(JSON.parse(Buffer.from(record?.data ?? '').toString())).toMatchObject({
      spillway: 1,
      name: 'reading.taken',
      key: 'a',
      group: 's1',
      body,
    })
  })

  it('carries the trace on in the envelope', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const event = request({ id: 'traced', sensor: 's2', value: 1 }) as { headers: object }
    event.headers = { ...event.headers, traceparent }
    expect(await ingest('one')(event as never, context)).toMatchObject({ statusCode: 202 })
    const envelopes = streams.texts('one').map((text) => JSON.parse(text))
    expect(envelopes.find(({ key }) => key === 'traced')).toMatchObject({ traceparent })
  })

  it('answers 503 while the stream takes nothing', async () => {
    streams.onPut = () => ({ fail: 'entries', indexes: [0], code: 'ProvisionedThroughputExceededException' })
    const answer = (await ingest('down')(request({ id: 'a', sensor: 's', value: 1 }), context)) as {
      statusCode: number
      headers: Record<string, string>
    }
    expect(answer.statusCode).toBe(503)
    expect(Object.keys(answer.headers).map((name) => name.toLowerCase())).toContain('retry-after')
    expect(streams.texts('down')).toStrictEqual([])
  })

  it('answers each item of a bulk request by itself', async () => {
    streams.onPut = ({ records }) => ({
      fail: 'entries',
      indexes: [...records.keys()].filter((n) => records[n]?.partitionKey === 's1'),
      code: 'InternalFailure',
    })
    const handler = middy()
      .use(problemDetails({ logger }))
      .use(
        enqueueMany(reading, {
          logger,
          to: kinesisTarget({ streamName: 'many', client: streams.client, maxAttempts: 1 }),
        }),
      )
      .handler(async () => [
        { id: 'a', sensor: 's1', value: 1 },
        { id: 'b', sensor: 's2', value: 2 },
      ])
    const answer = (await handler(request({}), context)) as { statusCode: number; body: string }
    expect(answer.statusCode).toBe(207)
    expect(JSON.parse(answer.body)).toMatchObject({
      accepted: 1,
      rejected: 1,
      items: [{ status: 503 }, { status: 202 }],
    })
    expect(streams.texts('many').map((text) => JSON.parse(text).key)).toStrictEqual(['b'])
  })
})

describe('a stream to a writer', () => {
  const deadLetter = memoryDeadLetter()
  const write = (handler: BatchHandler) =>
    middy().use(kinesisPartialBatchFailure({ logger })).use(kinesisSource({ deadLetter })).handler(handler)
  const run = (event: KinesisStreamEvent, writer: Writer<Body>): Promise<unknown> =>
    write(batch(reading, writer, { logger }))(event as never, context)
  const event = (...inputs: Body[]) => kinesisEvent(reading, inputs, { firstSequenceNumber: 9n })
  const of = (id: string, sensor: string) => ({ id, sensor, value: 1 })
  const by = (outcomes: Record<string, Outcome>): Writer<Body> => {
    return async (records) => records.map(({ key }) => outcomes[key] ?? done())
  }

  it('answers no failures when all is done', async () => {
    expect(await run(await event(of('a', 's1'), of('b', 's1')), by({}))).toStrictEqual({
      batchItemFailures: [],
    })
  })

  it('goes on from the first record that is not done, across the lanes', async () => {
    const all = await event(of('a', 's1'), of('b', 's2'), of('c', 's1'), of('d', 's2'))
    // Record b has the number 10, which is lower than 9 as text.
    expect(await run(all, by({ b: retry(), d: retry() }))).toStrictEqual({
      batchItemFailures: [{ itemIdentifier: '10' }],
    })
  })

  it('parks what can never succeed, and goes on', async () => {
    const good = await event(of('a', 's1'), of('b', 's1'))
    const [first, second] = good.Records
    const bad = { ...first, kinesis: { ...first?.kinesis, sequenceNumber: '8', data: '84mawg==' } }
    const reason = { code: 'MINE', detail: 'no such sensor' }
    const answer = await run({ Records: [bad, first, second] } as KinesisStreamEvent, by({ b: park(reason) }))
    expect(answer).toStrictEqual({ batchItemFailures: [] })
    expect(
      deadLetter.copies.map(({ sequenceNumber, reason }) => [sequenceNumber, reason.code]),
    ).toStrictEqual([
      ['8', 'SPILLWAY_ENVELOPE_INVALID'],
      ['10', 'MINE'],
    ])
    expect(deadLetter.copies[0]?.reason.detail).toContain('Kinesis Producer Library')
  })

  it('lets no message of a queue go whose function was given this chain', async () => {
    const record = { messageId: 'm', body: 'x', attributes: {}, eventSource: 'aws:sqs' }
    const parked = deadLetter.copies.length
    await expect(run({ Records: [record] } as never, by({}))).rejects.toThrow('aws:sqs')
    expect(deadLetter.copies).toHaveLength(parked)
  })

  it('lets nothing go when the middleware that answers is missing: the results are no answer', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const handler = middy()
      .use(kinesisSource({ deadLetter }))
      .handler(batch(reading, by({ b: retry() }), { logger }))
    const answer = await handler((await event(of('a', 's1'), of('b', 's1'))) as never, context)
    expect(() => JSON.stringify(answer)).toThrow('kinesisPartialBatchFailure() of @spillway/kinesis')
    expect(said).toHaveBeenCalledOnce()
    said.mockRestore()
  })

  it('lets nothing go when the source is missing', async () => {
    const handler = middy()
      .use(kinesisPartialBatchFailure({ logger }))
      .handler(batch(reading, by({}), { logger }) as never)
    await expect(handler((await event(of('a', 's1'))) as never, context)).rejects.toMatchObject({
      code: 'SPILLWAY_SOURCE_MISSING',
    })
  })

  it.each([
    ['throws', () => Promise.reject(new Error('broken'))],
    ['answers nothing', async () => undefined as never],
    ['answers too few', async () => [done()]],
  ])('fails from the first record on when the writer %s', async (_, writer) => {
    expect(await run(await event(of('a', 's1'), of('b', 's2')), writer)).toStrictEqual({
      batchItemFailures: [{ itemIdentifier: '9' }],
    })
  })
})
