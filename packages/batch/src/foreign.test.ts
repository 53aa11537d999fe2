import { type QueueEngine, startQueues } from '@spillway/local/testing'
import {
  acknowledge,
  type Decoding,
  defineMessage,
  done,
  envelope,
  firstOf,
  type Logger,
  type MessageRecord,
  type Outcome,
  park,
  plainJson,
  refuse,
  retry,
} from '@spillway/message'
import { bodyFingerprint } from '@spillway/message/internal'
import { memoryParkedStore } from '@spillway/message/testing'
import { snsNotification, type sqsSource } from '@spillway/sqs'
import type { SQSRecord } from 'aws-lambda'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { type BatchHandler, batch, eachRecord } from './index.ts'
import { silent } from './testing/virtual-run.ts'
import { workerOf } from './testing/worker.ts'

// What a worker makes of messages that came in no envelope, on a real queue.

const schema = z.object({ id: z.string(), euros: z.coerce.number().optional() })
const order = defineMessage({ name: 'order', schema, key: (body) => body.id })
const keyless = defineMessage({ name: 'order', schema })
const names = Array.from({ length: 40 }, (_, index) => `foreign${index}`)
let queues: QueueEngine
let counter = 0

beforeAll(async () => {
  const spec = { visibilityTimeout: 600, deadLetterQueue: undefined, maxReceiveCount: 0 }
  const all = names.flatMap((name) => [name, `${name}-dlq`])
  queues = await startQueues({ queues: all.map((name) => ({ name, ...spec })) })
})
afterAll(() => queues.stop())

type Options = Omit<Partial<Parameters<typeof sqsSource>[0]>, 'decode'>

function start(decode: Decoding<SQSRecord> | undefined, options: Options = {}) {
  const queue = names[counter++] ?? ''
  const worker = workerOf(queues, queue, { ...options, ...(decode !== undefined && { decode }) })
  onTestFinished(() => worker.end())
  return {
    ...worker,
    parked: () => queues.messages(`${queue}-dlq`),
    /** Receives all and gives it to a handler; what is done is not deleted. */
    async run(handler: BatchHandler) {
      const event = await worker.receive()
      const answer = await worker.invoke(handler, event)
      return { event, failed: answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier), answer }
    },
  }
}

/** A writer that keeps what it gets and answers one outcome for each. */
function keeping(outcome: (record: MessageRecord<{ id: string }>) => Outcome = done) {
  const seen: MessageRecord<{ id: string }>[] = []
  const write = async (records: readonly MessageRecord<{ id: string }>[]) => {
    seen.push(...records)
    return records.map(outcome)
  }
  return { seen, write }
}

const quiet = { logger: silent, backoff: false } as const

describe('a message that came in no envelope', () => {
  it('has the key of its definition, the time of the queue and a fingerprint of what was sent', async () => {
    const { sendTexts, run } = start(plainJson({ key: () => 'of the decoding' }))
    await sendTexts('{"id":"a","euros":"5"}')
    const { seen, write } = keeping()
    const { event, failed } = await run(batch(order, write, quiet))
    expect(failed).toStrictEqual([])
    const [record] = event.Records
    expect(seen).toMatchObject([
      { name: 'order', version: 1, key: 'a', body: { id: 'a', euros: 5 }, recordId: record?.messageId },
    ])
    expect(seen[0]?.time).toStrictEqual(new Date(Number(record?.attributes.SentTimestamp)))
    expect(seen[0]?.fingerprint?.()).toBe(bodyFingerprint({ id: 'a', euros: '5' }))
  })

  it('has the key of its decoding where the definition has none, else the id of its record', async () => {
    const { sendTexts, run } = start(plainJson({ key: ({ id }) => (id === 'a' ? 'own' : undefined) }))
    await sendTexts('{"id":"a"}', '{"id":"b"}', '{"id":"c"}')
    const lines: string[] = []
    const logger: Logger = { ...silent, warn: (line) => void lines.push(line) }
    const { seen, write } = keeping()
    const handler = batch(keyless, write, { ...quiet, logger })
    const { event } = await run(handler)
    const idOf = (id: string) => event.Records.find(({ body }) => body.includes(`"${id}"`))?.messageId
    const keys = new Map(seen.map(({ body, key }) => [body.id, key]))
    expect(keys).toStrictEqual(
      new Map([
        ['a', 'own'],
        ['b', idOf('b')],
        ['c', idOf('c')],
      ]),
    )
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('order: messages have no key and are identified by the ids of their records')
  })

  it('stands beside envelopes, whose key stays as it is', async () => {
    const { send, sendTexts, run } = start(firstOf(envelope(), plainJson()))
    await send(defineMessage({ name: 'order', schema, key: () => 'of the envelope' }), { id: 'a' })
    await sendTexts('{"id":"b"}')
    const { seen, write } = keeping()
    await run(batch(order, write, quiet))
    expect(new Set(seen.map(({ key }) => key))).toStrictEqual(new Set(['of the envelope', 'b']))
  })

  it('is brought to the version of the definition, and waits for a deploy where it is newer', async () => {
    const second = defineMessage({
      name: 'order',
      schema,
      version: 2,
      upcast: { 1: (body) => ({ id: `up-${Object(body).id}` }) },
    })
    const { sendTexts, run, parked } = start(plainJson({ version: ({ v }) => v, key: ({ id }) => id }))
    await sendTexts('{"id":"a","v":1}', '{"id":"b","v":2}', '{"id":"c","v":3}', '{"id":"d"}')
    const { seen, write } = keeping()
    const { failed } = await run(batch(second, write, quiet))
    expect(seen.map(({ body }) => body.id).sort()).toStrictEqual(['b', 'd', 'up-a'])
    expect(failed).toHaveLength(1)
    expect(await parked()).toStrictEqual([])
  })
})

describe('what no message can be made of', () => {
  it.each([
    [
      'plain text',
      plainJson(),
      'SPILLWAY_MESSAGE_UNREADABLE',
      'Expected plain JSON; the record holds text that is not JSON.',
    ],
    ['{"id":5}', plainJson(), 'SPILLWAY_BODY_INVALID', 'The body is not a valid order.'],
    [
      '{"id":""}',
      plainJson(),
      'SPILLWAY_KEY_INVALID',
      'The key of a order message must be a well-formed string of 1 to 256 characters.',
    ],
    [
      '{"id":"a"}',
      () => ({ body: { id: 'a' }, key: '\uD800' }),
      'SPILLWAY_KEY_INVALID',
      'The key that the decoding gave is not a well-formed string of 1 to 256 characters.',
    ],
    [
      '{"id":"a"}',
      () => ({ body: { id: 'a' }, group: '' }),
      'SPILLWAY_GROUP_INVALID',
      'The group that the decoding gave is not a well-formed string of 1 to 128 characters.',
    ],
    [
      '{"id":"a"}',
      () => ({ body: { id: 'a' }, name: 'refund' }),
      'SPILLWAY_MESSAGE_UNKNOWN',
      "The record holds another message; this handler expects 'order'.",
    ],
    ['<order/>', () => refuse('Expected no XML.'), 'SPILLWAY_MESSAGE_UNREADABLE', 'Expected no XML.'],
    [
      '{"id":"a"}',
      undefined,
      'SPILLWAY_ENVELOPE_INVALID',
      'Expected an envelope of Spillway; the record holds a JSON object. Give the source a `decode` that reads it.',
    ],
  ] satisfies [string, Decoding | undefined, string, string][])(
    'is parked as it came: %s',
    async (text, decode, code, reason) => {
      const { sendTexts, run, parked } = start(decode)
      await sendTexts(text)
      const { seen, write } = keeping()
      const { failed } = await run(batch(order, write, quiet))
      expect([failed, seen]).toStrictEqual([[], []])
      expect(await parked()).toMatchObject([
        { body: text, attributes: { 'spillway.code': code, 'spillway.reason': reason } },
      ])
    },
  )

  it('is done without a handler where the decoding says so', async () => {
    const { sendTexts, run, parked } = start(() => acknowledge())
    await sendTexts('{"Event":"s3:TestEvent"}')
    const { seen, write } = keeping()
    const { failed } = await run(batch(order, write, quiet))
    expect([failed, seen, await parked()]).toStrictEqual([[], [], []])
  })

  const asynchronous: unknown = async () => ({ body: {} })
  it.each([
    ['throws', () => JSON.parse('{') as never, 'SyntaxError'],
    ['throws no error', () => Promise.reject('text') as never, 'TypeError'],
    ['is asynchronous', asynchronous as Decoding, 'TypeError'],
    ['answers nothing', (() => undefined) as unknown as Decoding, 'TypeError'],
    ['answers another kind', () => ({ kind: 'parked', body: 1 }) as never, 'TypeError'],
  ] satisfies [string, Decoding, string][])(
    'is delivered again, and nothing is parked, where the decoding %s',
    async (_, decode, cause) => {
      const { sendTexts, run, parked } = start(decode)
      await sendTexts('{"id":"secret"}')
      const lines: unknown[] = []
      const logger: Logger = { ...silent, error: (_line, fields) => void lines.push(fields) }
      const { seen, write } = keeping()
      const { failed } = await run(batch(order, write, { ...quiet, logger }))
      expect([failed.length, seen, await parked()]).toStrictEqual([1, [], []])
      expect(lines).toMatchObject([{ code: 'SPILLWAY_DECODING_FAILED', error: { cause: { name: cause } } }])
    },
  )
})

describe.each([
  [
    'a writer',
    (write: ReturnType<typeof keeping>['write'], definition = order) => batch(definition, write, quiet),
  ],
  [
    'eachRecord',
    (write: ReturnType<typeof keeping>['write'], definition = order) =>
      batch(
        definition,
        eachRecord(async (record: MessageRecord<{ id: string }>) => (await write([record]))[0] as Outcome),
        quiet,
      ),
  ],
])('with %s, what was parked', (_, handlerOf) => {
  it.each([
    ['by its body', '{"id":5}', plainJson(), order, undefined],
    ['by its handler', '{"id":"a"}', plainJson(), order, 'a'],
    ['without a key', '{"id":"a"}', plainJson(), keyless, undefined],
    [
      'with the key of SNS',
      JSON.stringify({ Type: 'Notification', TopicArn: 'arn', MessageId: 'sns', Message: '{"id":"a"}' }),
      snsNotification(),
      keyless,
      'sns',
    ],
  ] as const)(
    '%s is neither written nor copied once more when its delete failed, and its copy opens the key',
    async (_why, text, decode, definition, key) => {
      const store = memoryParkedStore()
      const { sendTexts, run, expire, parked, settle, redrive } = start(decode, { parked: store })
      await sendTexts(text)
      const parking = keeping(() => park({ code: 'NO', detail: 'no' }))
      const first = await run(handlerOf(parking.write, definition as typeof order))
      const id = first.event.Records[0]?.messageId
      expect(store.entries).toMatchObject([{ name: 'order', key: key ?? id, recordId: id, copied: true }])
      expect(await parked()).toMatchObject([{ body: text }])

      await expire(first.event)
      const later = keeping()
      const again = await run(handlerOf(later.write, definition as typeof order))
      expect(again.event.Records.map(({ messageId }) => messageId)).toStrictEqual([id])
      expect([again.failed, later.seen]).toStrictEqual([[], []])
      expect(await parked()).toHaveLength(1)
      await settle(again.event, again.answer)

      expect(await redrive()).toBe(true)
      const redriven = keeping()
      const opened = await run(handlerOf(redriven.write, definition as typeof order))
      expect(opened.failed).toStrictEqual([])
      // The one whose body is not valid stays so.
      expect(redriven.seen.map((message) => message.key)).toStrictEqual(text.includes('5') ? [] : [key ?? id])
    },
  )

  it('under the key of its decoding is found when a deploy has made its body valid', async () => {
    const store = memoryParkedStore()
    const { sendTexts, run, expire, parked } = start(plainJson({ key: ({ n }) => n }), { parked: store })
    await sendTexts('{"id":5,"n":"spare"}')
    const { event } = await run(handlerOf(keeping().write))
    expect(store.entries).toMatchObject([{ key: 'spare' }])
    await expire(event)
    const looser = defineMessage({
      name: 'order',
      schema: z.object({ id: z.coerce.string() }),
      key: ({ id }) => id,
    })
    const later = keeping()
    await run(handlerOf(later.write, looser as never))
    expect([later.seen, (await parked()).length, store.entries.length]).toStrictEqual([[], 1, 1])
  })
})

it('a failure of a foreign message is logged under its key', async () => {
  const { sendTexts, run } = start(plainJson())
  await sendTexts('{"id":"a"}')
  const lines: unknown[] = []
  const logger: Logger = { ...silent, error: (_line, fields) => void lines.push(fields) }
  await run(
    batch(order, async (all) => all.map(() => retry({ cause: new Error('no') })), { ...quiet, logger }),
  )
  expect(lines).toMatchObject([{ name: 'order', key: 'a' }])
})
