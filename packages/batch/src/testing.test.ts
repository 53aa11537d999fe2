import middy from '@middy/core'
import { defineMessage, done, retry } from '@spillway/message'
import { sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import { sqsEvent } from '@spillway/sqs/testing'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { batch, eachRecord } from './index.ts'
import { silent } from './testing/virtual-run.ts'
import { invoke } from './testing.ts'

const order = defineMessage({ name: 'order', schema: z.object({ id: z.string() }), key: ({ id }) => id })
const queueUrl = 'https://sqs.us-east-1.amazonaws.com/000000000000/test'
const write = batch(
  order,
  eachRecord(({ key }, { remainingTime }) => {
    times.push(remainingTime())
    return key === 'bad' ? retry() : done()
  }),
  { backoff: false, logger: silent },
)
const times: number[] = []
const handler = middy()
  .use(sqsPartialBatchFailure({ logger: silent }))
  .use(sqsSource({ queueUrl, deadLetterQueueUrl: `${queueUrl}-dlq`, client: { send: async () => ({}) } }))
  .handler(write)

it('declares two parameters: Node 24 on Lambda refuses a handler with three as a callback handler', () => {
  expect([write.length, handler.length <= 2]).toStrictEqual([2, true])
})

describe('invoke', () => {
  it('answers what Lambda gets, and leaves the event as it is', async () => {
    const event = await sqsEvent(order, [{ id: 'a' }, { id: 'bad' }])
    const before = structuredClone(event)
    const answer = { batchItemFailures: [{ itemIdentifier: 'message-1' }] }
    expect(await invoke(handler, event)).toStrictEqual(answer)
    expect(event).toStrictEqual(before)
    expect(await invoke(handler, event)).toStrictEqual(answer)
  })

  it('gives the invocation as much time as it is told', async () => {
    times.length = 0
    const event = await sqsEvent(order, [{ id: 'a' }])
    await invoke(handler, event)
    await invoke(handler, event, { remainingTime: 8000 })
    // Without the guard of a second.
    expect(times[0]).toBeGreaterThan(20_000)
    expect(times[0]).toBeLessThanOrEqual(29_000)
    expect(times[1]).toBeLessThanOrEqual(7000)
  })

  it('rejects with what the handler rejects with', async () => {
    await expect(invoke(handler, { key1: 'value1' } as never)).rejects.toMatchObject({
      code: 'SPILLWAY_SOURCE_MISSING',
    })
  })

  it('refuses an answer without batchItemFailures', async () => {
    const direct = middy()
      .use(sqsSource({ queueUrl, deadLetterQueueUrl: `${queueUrl}-dlq`, client: { send: async () => ({}) } }))
      .handler(async () => undefined)
    await expect(invoke(direct, await sqsEvent(order, [{ id: 'a' }]))).rejects.toThrow(
      'The answer of the handler has no batchItemFailures',
    )
  })

  it('names what is wrong with its options', async () => {
    await expect(invoke(handler, await sqsEvent(order, []), { remainingTime: 0 })).rejects.toMatchObject({
      code: 'SPILLWAY_OPTION_INVALID',
    })
  })
})

describe('a handler that is invoked with something else', () => {
  it.each([
    {},
    undefined,
    null,
    { getRemainingTimeInMillis: 3000 },
    { getRemainingTimeInMillis: () => Number.NaN },
  ])('says what the context has to be: %o', async (context) => {
    await expect(write({ source: { records: [] } } as never, context as never)).rejects.toMatchObject({
      code: 'SPILLWAY_CONTEXT_MISSING',
      message: expect.stringContaining('invoke() of @spillway/batch/testing'),
    })
  })

  it('says so through the chain, too', async () => {
    const event = await sqsEvent(order, [{ id: 'a' }])
    await expect(handler(event, {} as never)).rejects.toMatchObject({ code: 'SPILLWAY_CONTEXT_MISSING' })
  })

  it('says which part of a record is missing', async () => {
    const event = { Records: [{ messageId: 'a', body: 'text' }] }
    await expect(invoke(handler, event as never)).rejects.toMatchObject({
      code: 'SPILLWAY_SOURCE_MISSING',
      message: expect.stringContaining('attributes'),
    })
  })

  it.each([
    undefined,
    null,
    {},
    { Records: [] },
    { source: 'aws.events', detail: {} },
    { source: null },
    'text',
  ])('says that there is no source before it: %o', async (event) => {
    const context = { getRemainingTimeInMillis: () => 3000 }
    await expect(write(event as never, context)).rejects.toMatchObject({ code: 'SPILLWAY_SOURCE_MISSING' })
  })

  it('takes no harm from a callback or null in the third place', async () => {
    const source = { records: [], park: async () => undefined, delay: async () => undefined }
    const context = { getRemainingTimeInMillis: () => 3000 }
    expect(await write({ source }, context, null as never)).toHaveLength(0)
    expect(await write({ source }, context, (() => undefined) as never)).toHaveLength(0)
  })
})

it.each<[string, () => unknown, string]>([
  ['no message', () => batch(undefined as never, async () => []), 'do its modules import each other?'],
  [
    'null for a message',
    () => batch(null as never, async () => []),
    'batch takes a message of defineMessage()',
  ],
  ['a schema for a message', () => batch(z.object({}) as never, async () => []), 'batch takes a message'],
  [
    'no handler',
    () => batch(order, undefined as never),
    'it must be a writer, which takes a list of records, or eachRecord(…)',
  ],
  ['null for a handler', () => batch(order, null as never), 'must be a writer'],
  ['an object for a handler', () => batch(order, { handle: () => done() } as never), 'must be a writer'],
  ['null for options', () => batch(order, async () => [], null as never), 'batch takes an object of options'],
  ['no handler of each record', () => eachRecord(undefined as never), 'the option `handle` is missing'],
  ['null for one of each record', () => eachRecord(null as never), 'the option `handle` must be a function'],
  [
    'null for its options',
    () => eachRecord(() => done(), null as never),
    'eachRecord takes an object of options',
  ],
])('refuses %s, and says what it takes', (_, make, message) => {
  expect(make).toThrow(
    expect.objectContaining({ code: 'SPILLWAY_OPTION_INVALID', message: expect.stringContaining(message) }),
  )
})
