import middy from '@middy/core'
import { type QueueEngine, startQueues } from '@spillway/local/testing'
import {
  defineMessage,
  done,
  envelope,
  firstOf,
  type MessageRecord,
  type Outcome,
  plainJson,
  retry,
} from '@spillway/message'
import { watched } from '@spillway/message/internal'
import { sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import { sqsEvent } from '@spillway/sqs/testing'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { batch, eachRecord, type RoutesOptions, route } from './index.ts'
import { silent } from './testing/virtual-run.ts'
import { workerOf } from './testing/worker.ts'
import { invoke } from './testing.ts'

// Several messages on one queue.

const order = defineMessage({ name: 'order', schema: z.object({ id: z.string() }), key: (body) => body.id })
const refund = defineMessage({
  name: 'refund',
  schema: z.object({ id: z.string(), cents: z.number() }),
  key: (body) => body.id,
})
const names = Array.from({ length: 20 }, (_, index) => `routes${index}`)
let queues: QueueEngine
let counter = 0

beforeAll(async () => {
  const spec = { visibilityTimeout: 600, deadLetterQueue: undefined, maxReceiveCount: 0 }
  const all = names.flatMap((name) => [name, `${name}-dlq`])
  queues = await startQueues({ queues: all.map((name) => ({ name, ...spec })) })
})
afterAll(() => queues.stop())

const quiet = { logger: silent, backoff: false, hold: false } as const
const decode = firstOf(envelope(), plainJson({ name: ({ type }) => type }))

function start() {
  const queue = names[counter++] ?? ''
  const worker = workerOf(queues, queue, { decode })
  onTestFinished(() => worker.end())
  return { ...worker, parked: () => queues.messages(`${queue}-dlq`) }
}

function keeping<Body>(outcome: () => Outcome | Promise<Outcome> = done) {
  const seen: MessageRecord<Body>[] = []
  return {
    seen,
    keys: () => seen.map(({ key }) => key).sort(),
    async write(records: readonly MessageRecord<Body>[]) {
      seen.push(...records)
      return Promise.all(records.map(outcome))
    },
  }
}

const texts = [
  '{"type":"order","id":"o1"}',
  '{"type":"refund","id":"r1","cents":5}',
  '{"type":"order","id":"o2"}',
]

async function failedOf(worker: ReturnType<typeof start>, handler: ReturnType<typeof batch>) {
  const event = await worker.receive()
  const { batchItemFailures } = await worker.invoke(handler, event)
  const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
  return event.Records.filter(({ messageId }) => failed.has(messageId))
    .map(({ body }) => Object(JSON.parse(body)))
    .map(({ id, body }) => id ?? body.id)
    .sort()
}

describe('several messages on one queue', () => {
  it('go each to the handler of its name: writers and handlers of records', async () => {
    const worker = start()
    await worker.sendTexts(...texts)
    await worker.send(refund, { id: 'r2', cents: 7 })
    const orders = keeping<{ id: string }>()
    const cents: number[] = []
    const handler = batch(
      [
        route(order, orders.write),
        route(
          refund,
          eachRecord(({ body }) => {
            cents.push(body.cents)
            return done()
          }),
        ),
      ],
      quiet,
    )
    expect(await failedOf(worker, handler)).toStrictEqual([])
    expect(orders.keys()).toStrictEqual(['o1', 'o2'])
    expect(cents.sort()).toStrictEqual([5, 7])
  })

  it('are validated each by its own schema', async () => {
    const worker = start()
    await worker.sendTexts('{"type":"order","id":"o"}', '{"type":"refund","id":"r"}')
    const orders = keeping<{ id: string }>()
    const refunds = keeping<{ id: string }>()
    await failedOf(worker, batch([route(order, orders.write), route(refund, refunds.write)], quiet))
    expect([orders.keys(), refunds.keys()]).toStrictEqual([['o'], []])
    expect(await worker.parked()).toMatchObject([
      { body: '{"type":"refund","id":"r"}', attributes: { 'spillway.code': 'SPILLWAY_BODY_INVALID' } },
    ])
  })

  it.each([
    ['throws', () => Promise.reject(new Error('no'))],
    ['is down', async () => retry({ unavailable: true })],
    [
      'throws at once',
      () => {
        throw new Error('no')
      },
    ],
  ])('cost only their own records where a handler %s', async (_, broken: () => Promise<Outcome>) => {
    for (const each of [false, true]) {
      const worker = start()
      await worker.sendTexts(...texts)
      const refunds = keeping<{ id: string; cents: number }>()
      const orders = each ? eachRecord<{ id: string }>(broken) : keeping<{ id: string }>(broken).write
      const handler = batch([route(order, orders), route(refund, refunds.write)], quiet)
      expect(await failedOf(worker, handler)).toStrictEqual(['o1', 'o2'])
      expect(refunds.keys()).toStrictEqual(['r1'])
    }
  })

  it('are not late because another one is', async () => {
    const worker = start()
    await worker.sendTexts(...texts)
    const refunds = keeping<{ id: string; cents: number }>()
    const handler = batch(
      [route(order, () => new Promise(() => undefined)), route(refund, refunds.write)],
      quiet,
    )
    const event = await worker.receive()
    const { batchItemFailures } = await worker.invoke(handler, event, 500)
    expect(batchItemFailures).toHaveLength(2)
    expect(refunds.keys()).toStrictEqual(['r1'])
  })

  it('are parked where no handler knows them, with or without a name', async () => {
    const worker = start()
    const unknown = ['{"type":"return","id":"x"}', '{"id":"y"}', '{"type":"__proto__"}']
    await worker.sendTexts(...unknown)
    await worker.send(defineMessage({ name: 'return', schema: z.object({ id: z.string() }) }), { id: 'z' })
    const orders = keeping<{ id: string }>()
    const handler = batch([route(order, orders.write), route(refund, orders.write)], quiet)
    expect(await failedOf(worker, handler)).toStrictEqual([])
    const copies = await worker.parked()
    expect(copies).toHaveLength(4)
    expect(copies.map(({ attributes }) => attributes['spillway.code'])).toStrictEqual(
      Array(4).fill('SPILLWAY_MESSAGE_UNKNOWN'),
    )
    expect(copies.map(({ body }) => body)).toEqual(expect.arrayContaining(unknown))
    expect(orders.seen).toStrictEqual([])
  })

  it('go to `otherwise` where no handler knows them, as they came', async () => {
    const worker = start()
    await worker.sendTexts('{"type":"return","id":5}', '{"id":"y"}', texts[0] ?? '')
    const others = keeping<unknown>()
    const orders = keeping<{ id: string }>()
    const options: RoutesOptions = { ...quiet, otherwise: others.write }
    await failedOf(worker, batch([route(order, orders.write), route(refund, orders.write)], options))
    expect(orders.keys()).toStrictEqual(['o1'])
    const bodies = new Map(others.seen.map(({ name, body }) => [name, body]))
    expect(bodies).toStrictEqual(
      new Map<string, unknown>([
        ['return', { type: 'return', id: 5 }],
        ['', { id: 'y' }],
      ]),
    )
    expect(await worker.parked()).toStrictEqual([])
  })

  it('stop at an outage record by record, and go on with the others', async () => {
    const worker = start()
    await worker.sendTexts(
      ...Array.from({ length: 10 }, (_, id) => `{"type":"order","id":"o${id}"}`),
      texts[1] ?? '',
    )
    let calls = 0
    const down = eachRecord<{ id: string }>(
      () => {
        calls++
        return retry({ unavailable: true })
      },
      { concurrency: 1 },
    )
    const refunds = keeping<{ id: string; cents: number }>()
    expect(
      await failedOf(worker, batch([route(order, down), route(refund, refunds.write)], quiet)),
    ).toHaveLength(10)
    expect([calls, refunds.keys()]).toStrictEqual([5, ['r1']])
  })

  it('stay in the order of their FIFO group across their handlers, and other groups go on', async () => {
    const url = 'https://sqs.us-east-1.amazonaws.com/000000000000/several.fifo'
    const inGroup = <Definition extends typeof order | typeof refund>(definition: Definition) => ({
      ...definition,
      group: ({ id }: { id: string }) => id.slice(0, 1),
    })
    const [orders, refunds] = [inGroup(order), inGroup(refund)]
    const sent = await Promise.all([
      sqsEvent(orders, [{ id: 'a1' }], { queue: 'several.fifo' }),
      sqsEvent(refunds, [{ id: 'b1', cents: 1 }], { queue: 'several.fifo' }),
      sqsEvent(refunds, [{ id: 'a2', cents: 1 }], { queue: 'several.fifo' }),
      sqsEvent(orders, [{ id: 'b2' }, { id: 'a3' }], { queue: 'several.fifo' }),
    ])
    const written: string[] = []
    let isUp = false
    const write = ({ key }: MessageRecord) => {
      if (key === 'a2' && !isUp) return retry()
      written.push(key)
      return done()
    }
    const handler = middy()
      .use(sqsPartialBatchFailure())
      .use(sqsSource({ queueUrl: url, deadLetterQueueUrl: url.replace('several', 'dlq') }))
      .handler(
        batch([route(orders, async (all) => all.map(write)), route(refunds, eachRecord(write))], quiet),
      )
    const all = sent.flatMap((event) => event.Records)
    const Records = all.map((record, index) => ({ ...record, messageId: `m${index}` }))
    const { batchItemFailures } = await invoke(handler, { Records })
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
    const left = Records.filter(({ messageId }) => failed.has(messageId))
    expect(left.map(({ body }) => JSON.parse(body).key)).toStrictEqual(['a2', 'a3'])
    isUp = true
    expect(await invoke(handler, { Records: left })).toStrictEqual({ batchItemFailures: [] })
    expect(written.filter((key) => key.startsWith('a'))).toStrictEqual(['a1', 'a2', 'a3'])
    expect(written.filter((key) => key.startsWith('b'))).toStrictEqual(['b1', 'b2'])
  })

  it('tell a watcher of several of their handlers once, of all records', async () => {
    const worker = start()
    await worker.sendTexts(...texts)
    const heard: (readonly string[])[] = []
    const settled = (outcomes: readonly Outcome[]) => void heard.push(outcomes.map(({ kind }) => kind))
    const watch = <Handler extends object>(handler: Handler) =>
      Object.assign(() => Promise.reject(new Error('the watched one')), {
        [watched]: { handler, settled },
      }) as never as Handler
    const orders = keeping<{ id: string }>(() => retry({ unavailable: true }))
    const refunds = keeping<{ id: string }>()
    await failedOf(
      worker,
      batch([route(order, watch(orders.write)), route(refund, watch(refunds.write))], quiet),
    )
    expect(heard.map((kinds) => [...kinds].sort())).toStrictEqual([['done', 'retry', 'retry']])
  })
})

describe('what is no list of routes', () => {
  const write = async () => []
  it.each([
    ['no route', () => batch([]), 'batch takes at least one route.'],
    ['a message', () => batch([order as never]), 'batch takes a list of routes'],
    [
      'a name twice',
      () => batch([route(order, write), route(order, write)]),
      "batch has two routes for 'order': records are given to one of them.",
    ],
    [
      'several names twice, of another version, too',
      () =>
        batch(
          [order, refund, { ...order, version: 2 }, refund, order].map((one) =>
            route(one as typeof order, write),
          ),
        ),
      "batch has several routes for each of 'order', 'refund': records are given to one of them.",
    ],
    ['no writer', () => route(order, 5 as never), "route: the handler of 'order' must be a writer"],
    ['no definition', () => route(undefined as never, write), 'route takes a message of defineMessage()'],
    [
      'an unknown option',
      () => batch([route(order, write)], { stopAtFirstFailure: true } as never),
      'stopAtFirstFailure',
    ],
    ['no handler for the others', () => batch([route(order, write)], { otherwise: 5 as never }), 'otherwise'],
  ])('throws: %s', (_, make, message) => {
    expect(make).toThrow(
      expect.objectContaining({ code: 'SPILLWAY_OPTION_INVALID', message: expect.stringContaining(message) }),
    )
  })
})
