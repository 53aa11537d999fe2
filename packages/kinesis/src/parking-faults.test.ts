import { SQSClient } from '@aws-sdk/client-sqs'
import middy from '@middy/core'
import { batch } from '@spillway/batch'
import { type QueueEngine, startQueues } from '@spillway/local/testing'
import {
  createMessage,
  defineMessage,
  done,
  encodeMessage,
  type Outcome,
  type ParkedStore,
  park,
  type Writer,
} from '@spillway/message'
import { systemClock } from '@spillway/message/internal'
import { memoryParkedStore } from '@spillway/message/testing'
import type { Context, KinesisStreamBatchResponse, KinesisStreamRecord } from 'aws-lambda'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { seeded } from '../../sqs/src/testing/faulty-endpoint.ts'
import { kinesisPartialBatchFailure, kinesisSource } from './index.ts'
import { sqsDeadLetter } from './sqs.ts'

// Poison on a stream: each record ends as one effect or one copy, and the shard goes on. Schedules are made from seeds.

const reading = defineMessage({
  name: 'reading',
  schema: z.object({ id: z.string(), celsius: z.number(), note: z.string().optional() }),
  key: (body) => body.id,
})
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
const seeds = Array.from({ length: 12 }, (_, index) => index + 1)
let queues: QueueEngine

beforeAll(async () => {
  const spec = { visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 0 }
  const names = ['large', ...seeds.map((seed) => `parked${seed}`)]
  queues = await startQueues({ queues: names.map((name) => ({ name, ...spec })) })
})
afterAll(() => queues.stop())

function clientOf(fails: () => boolean = () => false): SQSClient {
  const credentials = { accessKeyId: 'x', secretAccessKey: 'y' }
  const client = new SQSClient({ endpoint: queues.endpoint, region: queues.region, credentials })
  onTestFinished(() => client.destroy())
  const send: SQSClient['send'] = client.send.bind(client)
  client.send = (async (...args: Parameters<typeof send>) => {
    if (fails()) throw new Error('the dead-letter queue cannot be reached')
    return send(...args)
  }) as typeof client.send
  return client
}

/** A record of one shard, as Lambda delivers it. */
function toRecord(data: string, index: number, arrivedAt: number): KinesisStreamRecord {
  const sequenceNumber = String(1_000 + index)
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: `p${index % 3}`,
      sequenceNumber,
      data: Buffer.from(data).toString('base64'),
      approximateArrivalTimestamp: arrivedAt / 1000,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `shardId-000000000000:${sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: 'arn:aws:iam::000000000000:role/test',
    awsRegion: 'us-east-1',
    eventSourceARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/readings',
  }
}

const envelope = (body: object, change: object = {}) => {
  const message = createMessage(reading, body as z.infer<typeof reading.schema>, { time: new Date(0) })
  return JSON.stringify({ ...JSON.parse(encodeMessage(message)), ...change })
}

/** What a stream may hold: good readings, and each kind of poison. */
const kinds: readonly ((id: string) => string)[] = [
  (id) => envelope({ id, celsius: 20 }),
  (id) => envelope({ id, celsius: 20 }),
  (id) => envelope({ id, celsius: 20 }),
  (id) => envelope({ id, celsius: -300 }),
  (id) => envelope({ id, celsius: 20 }, { version: 2 }),
  (id) => {
    const { body: _body, ...rest } = JSON.parse(envelope({ id, celsius: 20 }))
    const claim = { key: `spillway/${'a'.repeat(64)}`, bytes: 9, sha256: 'a'.repeat(64) }
    return JSON.stringify({ ...rest, claim })
  },
  (id) => envelope({ id, celsius: 'warm' }),
]

interface World {
  readonly written: string[]
  /** Whether the table takes what it refused before. */
  lenient: boolean
  now: number
}

/** A table with a key: refuses what is too cold, unless it is told otherwise. */
function tableOf(world: World): Writer<z.infer<typeof reading.schema>> {
  return async (records) =>
    records.map(({ key, body }): Outcome => {
      if (world.written.includes(key)) return done()
      if (body.celsius < -273 && !world.lenient) return park({ code: '23514', detail: 'a check' })
      world.written.push(key)
      return done()
    })
}

/** A parked store that cannot be reached now and then. */
function unreliable(store: ParkedStore, fails: () => boolean): ParkedStore {
  const orFail = <Result>(run: () => Promise<Result>): Promise<Result> =>
    fails() ? Promise.reject(new Error('the table is missing')) : run()
  return {
    put: (...args) => orFail(() => store.put(...args)),
    confirm: (...args) => store.confirm(...args),
    findAll: (...args) => orFail(() => store.findAll(...args)),
    find: (...args) => orFail(() => store.find(...args)),
  }
}

describe('a shard with poison', () => {
  it.each(seeds)('ends with one effect or one copy for each record, and goes on: seed %d', async (seed) => {
    const random = seeded(seed)
    const queue = `parked${seed}`
    const world: World = { written: [], lenient: false, now: 0 }
    let faulty = true
    const fails = () => faulty && random() < 0.15
    const deadLetter = sqsDeadLetter({ queueUrl: queues.queueUrl(queue), client: clientOf(fails) })
    const handler = middy()
      .use(kinesisPartialBatchFailure({ logger: silent }))
      .use(
        kinesisSource({
          deadLetter,
          parked: unreliable(memoryParkedStore(), fails),
          parkAfter: 60,
          logger: silent,
          clock: { ...systemClock, now: () => world.now },
        }),
      )
      .handler(batch(reading, tableOf(world), { hold: false, logger: silent }))
    const ids = Array.from({ length: 30 }, (_, index) => `r${index}`)
    const records = ids.map((id, index) => {
      const kind = kinds[Math.floor(random() * kinds.length)] ?? kinds[0]
      return toRecord(kind?.(id) ?? '', index, 0)
    })
    let checkpoint = 0
    let invocations = 0
    while (checkpoint < records.length) {
      invocations++
      expect(invocations).toBeLessThan(400)
      if (invocations > 200) faulty = false
      world.now += 5_000
      world.lenient = random() < 0.3
      const Records = records.slice(checkpoint, checkpoint + 1 + Math.floor(random() * 10))
      const context = { getRemainingTimeInMillis: () => 20_000 } as Context
      const answer = (await handler({ Records } as never, context)) as KinesisStreamBatchResponse
      // The answer is lost, as when the invocation crashes at its end: all of it comes again.
      if (faulty && random() < 0.2) continue
      const [failure] = answer.batchItemFailures
      const stop = Records.findIndex(({ kinesis }) => kinesis.sequenceNumber === failure?.itemIdentifier)
      checkpoint += failure === undefined ? Records.length : stop
    }
    const copies = (await queues.messages(queue)).map(({ body }) => JSON.parse(body).key)
    expect([...world.written, ...copies].sort()).toStrictEqual([...ids].sort())
  })

  it('parks a record that fills the stream to its limit, with its reason, in a queue', async () => {
    const world: World = { written: [], lenient: false, now: 0 }
    const deadLetter = sqsDeadLetter({ queueUrl: queues.queueUrl('large'), client: clientOf() })
    const handler = middy()
      .use(kinesisPartialBatchFailure({ logger: silent }))
      .use(kinesisSource({ deadLetter, clock: { ...systemClock, now: () => world.now } }))
      .handler(batch(reading, tableOf(world), { logger: silent }))
    const random = seeded(1)
    const letters = Array.from(
      { length: 1_048_576 - 2 - envelope({ id: 'cold', celsius: -300, note: '' }).length },
      () => String.fromCharCode(33 + Math.floor(random() * 90)),
    )
    const note = letters.join('').replaceAll(/["\\]/g, '_')
    const padded = envelope({ id: 'cold', celsius: -300, note })
    // The partition key has two bytes.
    expect(Buffer.byteLength(padded)).toBe(1_048_574)
    const Records = [toRecord(padded, 0, 0), toRecord(envelope({ id: 'next', celsius: 1 }), 1, 0)]
    const context = { getRemainingTimeInMillis: () => 20_000 } as Context
    expect(await handler({ Records } as never, context)).toStrictEqual({ batchItemFailures: [] })
    expect(world.written).toStrictEqual(['next'])
    expect(await queues.messages('large')).toMatchObject([
      { attributes: { 'spillway.code': '23514', 'spillway.reason': 'a check', 'spillway.encoding': 'gzip' } },
    ])
  })
})
