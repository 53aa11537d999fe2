import { SQSClient } from '@aws-sdk/client-sqs'
import middy from '@middy/core'
import { batch } from '@spillway/batch'
import { type QueueEngine, startQueues } from '@spillway/local/testing'
import { createMessage, defineMessage, done, type EncodedMessage, encodeMessage } from '@spillway/message'
import type { Context, KinesisStreamEvent } from 'aws-lambda'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { type DeadLetter, kinesisPartialBatchFailure, kinesisSource, kinesisTarget } from './index.ts'
import { sqsDeadLetter } from './sqs.ts'
import { ample, hasty, startTestStreams, type TestStreams } from './testing/kinesis.ts'
import { kinesisEvent, memoryDeadLetter } from './testing.ts'

// The rows of the failure matrix that are about streams. Their names say which.

const reading = defineMessage({
  name: 'reading',
  schema: z.object({ id: z.string(), sensor: z.string() }),
  key: (body) => body.id,
  group: (body) => body.sensor,
})
const encode = (id: string): EncodedMessage => {
  const message = createMessage(reading, { id, sensor: 's' }, { time: new Date(0) })
  return { key: id, group: message.group, body: encodeMessage(message) }
}

let streams: TestStreams
let queues: QueueEngine
let client: SQSClient

beforeAll(async () => {
  streams = await startTestStreams(['relaxed', 'strict'].map((name) => ({ name, shards: 1 })))
  const spec = { visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 0 }
  queues = await startQueues({ queues: [{ name: 'parked', ...spec }] })
  const credentials = { accessKeyId: 'x', secretAccessKey: 'y' }
  client = new SQSClient({ endpoint: queues.endpoint, region: queues.region, credentials })
})
afterAll(async () => {
  client.destroy()
  await Promise.all([streams.stop(), queues.stop()])
})

/** Delivers records to a writer that has one row for each key. Answers what Lambda is answered. */
async function deliver(
  Records: readonly unknown[],
  rows: Map<string, number>,
  deadLetter: DeadLetter = memoryDeadLetter(),
): Promise<unknown> {
  const handler = middy()
    .use(kinesisPartialBatchFailure({ logger: { info() {}, warn() {}, error() {} } }))
    .use(kinesisSource({ deadLetter }))
    .handler(
      batch(reading, async (records) =>
        records.map(({ key }) => {
          if (!rows.has(key)) rows.set(key, rows.size)
          return done()
        }),
      ),
    )
  const context = { getRemainingTimeInMillis: () => 10_000 } as Context
  return handler({ Records } as KinesisStreamEvent as never, context)
}

/** The records of a stream as Lambda delivers them. */
function delivered(name: string): readonly unknown[] {
  return streams.engine.records(name).map(({ shardId, sequenceNumber, partitionKey, data }) => ({
    eventID: `${shardId}:${sequenceNumber}`,
    eventSourceARN: streams.engine.streamArn(name),
    kinesis: { sequenceNumber, partitionKey, data: Buffer.from(data).toString('base64') },
  }))
}

describe('row 23: PutRecords takes some records, or its answer is lost', () => {
  async function send(name: 'relaxed' | 'strict'): Promise<readonly string[]> {
    let puts = 0
    streams.onPut = () => {
      puts++
      if (puts === 1) return { fail: 'entries', indexes: [0], code: 'InternalFailure' }
      return puts === 2 ? { fail: 'reset', stored: true } : undefined
    }
    const to = kinesisTarget({ streamName: name, client: streams.client, clock: hasty, order: name })
    const results = await to.send(['a', 'b', 'c'].map(encode), ample())
    expect(results).toStrictEqual(new Array(3).fill({ status: 'accepted' }))
    return streams.texts(name).map((text) => JSON.parse(text).key)
  }

  it('a record is there twice and behind its successors: one row for each key', async () => {
    expect(await send('relaxed')).toStrictEqual(['b', 'c', 'a', 'a'])
    const rows = new Map<string, number>()
    expect(await deliver(delivered('relaxed'), rows)).toStrictEqual({ batchItemFailures: [] })
    expect([...rows.keys()]).toStrictEqual(['b', 'c', 'a'])
  })

  it('strict: the order is kept, and a record that is there twice is one row', async () => {
    expect(await send('strict')).toStrictEqual(['a', 'a', 'b', 'c'])
    const rows = new Map<string, number>()
    expect(await deliver(delivered('strict'), rows)).toStrictEqual({ batchItemFailures: [] })
    expect([...rows.keys()]).toStrictEqual(['a', 'b', 'c'])
  })
})

/** Three records of which the middle one can never be read. */
async function withPoison(data: string): Promise<readonly unknown[]> {
  const inputs = ['a', 'poison', 'b'].map((id) => ({ id, sensor: 's' }))
  const { Records } = await kinesisEvent(reading, inputs, { firstSequenceNumber: 9n })
  return Records.map((record, place) =>
    place === 1 ? { ...record, kinesis: { ...record.kinesis, data } } : record,
  )
}

describe('row 24: a bad record', () => {
  it.each([
    ['of broken base64', '%%%%'],
    ['without data', ''],
    ['of bytes that are no text', '/w=='],
    ['of aggregated records', '84mawg=='],
    ['of JSON that is no envelope', 'e30='],
    ['of text that is no JSON', 'eyI='],
  ])('%s is parked, and its shard goes on', async (_, data) => {
    const rows = new Map<string, number>()
    const deadLetter = memoryDeadLetter()
    expect(await deliver(await withPoison(data), rows, deadLetter)).toStrictEqual({ batchItemFailures: [] })
    expect([...rows.keys()]).toStrictEqual(['a', 'b'])
    expect(deadLetter.copies).toMatchObject([
      { sequenceNumber: '10', base64: data, reason: { code: 'SPILLWAY_ENVELOPE_INVALID' } },
    ])
  })

  it('that cannot be parked is not passed over: the shard goes on from it', async () => {
    const rows = new Map<string, number>()
    const broken: DeadLetter = { put: () => Promise.reject(new Error('away')) }
    expect(await deliver(await withPoison('e30='), rows, broken)).toStrictEqual({
      batchItemFailures: [{ itemIdentifier: '10' }],
    })
    expect([...rows.keys()]).toStrictEqual(['a'])
  })
})

describe('row 25: a destination on failure that gets no more than metadata', () => {
  it('costs no payload: a copy in a queue has the data of its record, byte for byte', async () => {
    const text = '{"naïve":"🚀"}'
    const data = Buffer.from(text).toString('base64')
    const deadLetter = sqsDeadLetter({ queueUrl: queues.queueUrl('parked'), client })
    await deliver(await withPoison(data), new Map(), deadLetter)
    expect(await queues.messages('parked')).toMatchObject([
      { body: text, attributes: { 'spillway.sequenceNumber': '10', 'spillway.partitionKey': 's' } },
    ])
  })
})
