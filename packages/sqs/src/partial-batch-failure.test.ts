import middy from '@middy/core'
import type { LogFields } from '@spillway/message'
import type { Context, SQSEvent } from 'aws-lambda'
import * as fc from 'fast-check'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { sqsPartialBatchFailure, sqsSource } from './index.ts'
import { foreignEvents } from './testing/foreign-events.ts'

const lines: [string, LogFields][] = []
const logger = {
  info: () => undefined,
  warn: () => undefined,
  error: (message: string, fields: LogFields = {}) => void lines.push([message, fields]),
}
beforeEach(() => {
  lines.length = 0
})

const done = { status: 'fulfilled', value: undefined }
const failed = { status: 'rejected', reason: new Error('not now') }
const context = {} as Context
const queueUrl = 'http://127.0.0.1/000000000000/orders'
const send = () => Promise.reject(new Error('nothing is to be sent'))
const source = () => sqsSource({ queueUrl, deadLetterQueueUrl: `${queueUrl}-dlq`, client: { send } })

function eventOf(...ids: readonly string[]): SQSEvent {
  return {
    Records: ids.map((messageId) => ({
      messageId,
      receiptHandle: `r-${messageId}`,
      body: '{}',
      attributes: { ApproximateReceiveCount: '1' },
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:orders',
    })),
  } as unknown as SQSEvent
}

/** A hook that sets something in the request of middy. */
const setting = (values: Partial<middy.Request>) => (request: middy.Request) => {
  Object.assign(request, values)
}

const chain = () => middy().use(sqsPartialBatchFailure({ logger }))

/** What Lambda is answered for what a handler gives. */
function answer(ids: readonly string[], results: unknown): Promise<unknown> {
  return chain().handler(async () => results as never)(eventOf(...ids), context)
}

const report = (...ids: string[]) => ({
  batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })),
})

describe('a batch', () => {
  it('that is done has no failures', async () => {
    expect(await answer(['a', 'b'], [done, done])).toStrictEqual(report())
    expect(lines).toStrictEqual([])
  })

  it('answers each record that failed, and leaves one line', async () => {
    expect(await answer(['a', 'b', 'c', 'd'], [done, failed, done, failed])).toStrictEqual(report('b', 'd'))
    expect(lines).toStrictEqual([
      [
        'spillway: records of a queue failed and are delivered again.',
        { failed: 2, records: 4, ids: ['b', 'd'], error: failed.reason },
      ],
    ])
  })

  it('names ten of its records in that line', async () => {
    const ids = Array.from({ length: 50 }, (_, place) => `m${place}`)
    const all = ids.map(() => failed)
    expect(await answer(ids, all)).toStrictEqual(report(...ids))
    expect(lines[0]?.[1]).toMatchObject({ failed: 50, ids: ids.slice(0, 10) })
  })

  it('of no records has nothing that could be lost', async () => {
    expect(await answer([], [])).toStrictEqual(report())
  })

  it('answers what failed, whatever failed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 30 }), async (fates) => {
        const ids = fates.map((_, place) => `m${place}`)
        const results = fates.map((isDone) => (isDone ? done : failed))
        expect(await answer(ids, results)).toStrictEqual(report(...ids.filter((_, place) => !fates[place])))
      }),
    )
  })

  it('is answered for a handler of settled promises', async () => {
    const handler = chain().handler((event: SQSEvent) =>
      Promise.allSettled(
        event.Records.map(async ({ messageId }) => {
          if (messageId === 'b') throw new Error('price is undefined')
        }),
      ),
    )
    expect(await handler(eventOf('a', 'b'), context)).toStrictEqual(report('b'))
    expect(lines[0]?.[1].error).toStrictEqual(new Error('price is undefined'))
  })

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a status of its own', { status: 'done' }],
    ['a text', 'fulfilled'],
  ])('fails a record whose place holds %s', async (_, result) => {
    expect(await answer(['a', 'b'], [done, result])).toStrictEqual(report('b'))
    expect(lines[0]?.[1].error).toStrictEqual(new Error('The handler gave no settled result for the record.'))
  })

  it('fails a record whose place is a hole', async () => {
    const results = [done, done]
    delete results[1]
    expect(await answer(['a', 'b'], results)).toStrictEqual(report('b'))
  })

  it('fails a record that was rejected without a reason', async () => {
    expect(await answer(['a'], [{ status: 'rejected', reason: undefined }])).toStrictEqual(report('a'))
  })
})

describe('an event that is not one of SQS is an error, never an answer', () => {
  it.each(foreignEvents)('%s, before anything else runs', async (_, event, says) => {
    const handler = vi.fn(async () => [])
    await expect(chain().handler(handler)(event as never, context)).rejects.toMatchObject({
      code: 'SPILLWAY_SOURCE_MISSING',
      message: expect.stringContaining(says),
    })
    expect(handler).not.toHaveBeenCalled()
  })

  it.each(foreignEvents)('%s, with a source and an answer of another middleware', async (_, event) => {
    const onError = () => ({ statusCode: 500 })
    const handler = chain()
      .use(source())
      .use({ onError })
      .handler(async () => [])
    await expect(handler(event as never, context)).rejects.toMatchObject({ code: 'SPILLWAY_SOURCE_MISSING' })
  })

  it('says what a hand-written record lacks', async () => {
    const event = { Records: [eventOf('a').Records[0], { body: '{}' }] }
    await expect(chain().handler(async () => [])(event as never, context)).rejects.toMatchObject({
      message:
        'sqsPartialBatchFailure needs records as Lambda delivers them, but record 1 lacks `messageId`. In a test, sqsEvent() of @spillway/sqs/testing makes complete records.',
    })
  })
})

describe('an error goes on to Lambda as it is', () => {
  const broken = new Error('broken')
  const throwing = () => Promise.reject(broken)

  it('of the handler', async () => {
    await expect(chain().handler(throwing)(eventOf('a'), context)).rejects.toBe(broken)
  })

  it('of a middleware', async () => {
    const handler = chain()
      .before(throwing)
      .handler(async () => [done])
    await expect(handler(eventOf('a'), context)).rejects.toBe(broken)
    expect(lines).toStrictEqual([])
  })

  it('of a middleware behind the handler', async () => {
    const handler = chain()
      .after(throwing)
      .handler(async () => [done])
    await expect(handler(eventOf('a'), context)).rejects.toBe(broken)
  })

  it('that is no Error', async () => {
    await expect(chain().handler(() => Promise.reject('text'))(eventOf('a'), context)).rejects.toBe('text')
  })

  it('that is nothing', async () => {
    const handler = chain()
      .onError(setting({ response: { statusCode: 500 } }))
      .handler(() => Promise.reject(undefined))
    await expect(handler(eventOf('a'), context)).rejects.toBe(undefined)
  })

  it.each<[string, (request: middy.Request) => unknown]>([
    ['sets', setting({ response: { statusCode: 500 } })],
    ['returns', () => ({ statusCode: 500 })],
    ['returns later', async () => ({ statusCode: 500 })],
    ['sets as the early answer', setting({ earlyResponse: { batchItemFailures: [] } })],
    ['sets as the early answer to nothing', setting({ earlyResponse: undefined })],
  ])('whatever a middleware behind it %s', async (_, onError) => {
    const handler = chain().use({ onError }).handler(throwing)
    await expect(handler(eventOf('a'), context)).rejects.toBe(broken)
  })

  it('whatever a middleware before it sets or returns', async () => {
    for (const onError of [setting({ response: 1 }), () => ({ statusCode: 500 })]) {
      const handler = middy().use({ onError }).use(sqsPartialBatchFailure()).handler(throwing)
      await expect(handler(eventOf('a'), context)).rejects.toBe(broken)
    }
  })

  it('and the others are still told', async () => {
    const seen: unknown[] = []
    const note = { onError: ({ error }: middy.Request) => void seen.push(error) }
    const handler = middy().use(note).use(sqsPartialBatchFailure()).use(note).handler(throwing)
    await expect(handler(eventOf('a'), context)).rejects.toBe(broken)
    expect(seen).toStrictEqual([broken, broken])
  })
})

describe('an answer of another middleware is none', () => {
  const chainError = (says: string) => ({
    code: 'SPILLWAY_CHAIN_INVALID',
    message: expect.stringContaining(says),
  })

  it.each<[string, (request: middy.Request) => unknown]>([
    ['returns', () => 'warm'],
    ['sets', setting({ earlyResponse: { batchItemFailures: [] } })],
    ['sets to nothing', setting({ earlyResponse: undefined })],
  ])('one that a middleware %s in place of the handler', async (_, before) => {
    const handler = vi.fn(async () => [done])
    await expect(chain().before(before).handler(handler)(eventOf('a'), context)).rejects.toMatchObject(
      chainError('returned a value'),
    )
    expect(handler).not.toHaveBeenCalled()
  })

  it('one that is returned behind the handler', async () => {
    const handler = chain()
      .after(() => ({ batchItemFailures: [] }))
      .handler(async () => [failed])
    await expect(handler(eventOf('a'), context)).rejects.toMatchObject(chainError('returned a value'))
  })

  it('one that stands in place of the results', async () => {
    const handler = chain()
      .after(setting({ response: { statusCode: 200 } }))
      .handler(async () => [failed])
    await expect(handler(eventOf('a'), context)).rejects.toMatchObject(
      chainError('got no list of results for 1 records'),
    )
  })

  it('one that replaces ours', async () => {
    const handler = middy()
      .after(setting({ response: { statusCode: 200 } }))
      .use(sqsPartialBatchFailure({ logger }))
      .handler(async () => [failed])
    await expect(handler(eventOf('a'), context)).rejects.toMatchObject(chainError('replaced the answer'))
  })

  it('nor is none, where ours is set to it', async () => {
    const handler = middy()
      .after(setting({ response: undefined }))
      .use(sqsPartialBatchFailure({ logger }))
      .handler(async () => [done, failed])
    expect(await handler(eventOf('a', 'b'), context)).toStrictEqual(report('b'))
  })

  it('nor is none, where ours is deleted', async () => {
    const handler = middy()
      .after((request) => void delete (request as Partial<middy.Request>).response)
      .use(sqsPartialBatchFailure({ logger }))
      .handler(async () => [failed])
    await expect(handler(eventOf('a'), context)).rejects.toThrow(TypeError)
  })

  it('but results may be replaced by results, and what reads the answer may', async () => {
    const seen: unknown[] = []
    const handler = middy()
      .after(({ response }) => void seen.push(response))
      .use(sqsPartialBatchFailure({ logger }))
      .after(setting({ response: [failed] }))
      .handler(async () => [done])
    expect(await handler(eventOf('a'), context)).toStrictEqual(report('a'))
    expect(seen).toStrictEqual([report('a')])
  })
})

describe('a chain that is put together wrongly throws', () => {
  it.each([
    ['undefined', undefined, 'no list of results for 2 records'],
    ['null', null, 'no list of results for 2 records'],
    ['an answer of its own', { batchItemFailures: [] }, 'no list of results for 2 records'],
    ['too few', [done], '1 results for 2 records'],
    ['too many', [done, done, done], '3 results for 2 records'],
    ['none', [], '0 results for 2 records'],
  ])('a handler that gives %s', async (_, results, says) => {
    await expect(answer(['a', 'b'], results)).rejects.toMatchObject({
      code: 'SPILLWAY_CHAIN_INVALID',
      message: expect.stringContaining(`sqsPartialBatchFailure got ${says} from the handler`),
    })
  })

  it('a middleware that takes records out: they would count as done', async () => {
    for (const takeOut of [
      (event: SQSEvent) => void event.Records.pop(),
      (event: SQSEvent) => void Object.assign(event, { Records: event.Records.slice(1) }),
    ]) {
      const handler = chain()
        .before(({ event }) => takeOut(event))
        .handler(async (event) => (event as SQSEvent).Records.map(() => done))
      await expect(handler(eventOf('a', 'b'), context)).rejects.toThrow('1 results for 2 records')
    }
  })

  it('one in which it is behind the source', async () => {
    const handler = middy()
      .use(source())
      .use(sqsPartialBatchFailure())
      .handler(async () => [done])
    await expect(handler(eventOf('a') as never, context)).rejects.toMatchObject({
      code: 'SPILLWAY_CHAIN_INVALID',
      message: expect.stringContaining('before all other middlewares'),
    })
  })

  it('one that has two of them, before anything has an effect', async () => {
    const handler = vi.fn(async () => [done])
    await expect(
      chain().use(sqsPartialBatchFailure()).handler(handler)(eventOf('a'), context),
    ).rejects.toMatchObject({ code: 'SPILLWAY_CHAIN_INVALID', message: expect.stringContaining('once') })
    expect(handler).not.toHaveBeenCalled()
  })

  it('one that has a part of it', async () => {
    const { after } = sqsPartialBatchFailure() as Required<middy.MiddlewareObj>
    const handler = middy()
      .use({ after })
      .handler(async () => [done])
    await expect(handler(eventOf('a'), context)).rejects.toMatchObject({
      code: 'SPILLWAY_CHAIN_INVALID',
      message: expect.stringContaining('whole middleware'),
    })
  })
})

it('takes an event that was there before: a test may deliver one twice', async () => {
  const handler = chain()
    .use(source())
    .handler(async () => [failed])
  const event = eventOf('a') as never
  expect(await handler(event, context)).toStrictEqual(report('a'))
  expect(await handler(event, context)).toStrictEqual(report('a'))
})

it('keeps invocations apart that run at the same time', async () => {
  const handler = chain().handler(async ({ Records }: SQSEvent) => {
    await new Promise((resolve) => setTimeout(resolve, Records.length))
    return Records.map(() => failed)
  })
  const batches = [['a', 'b', 'c'], ['d'], ['e', 'f']]
  expect(await Promise.all(batches.map((ids) => handler(eventOf(...ids), context)))).toStrictEqual(
    batches.map((ids) => report(...ids)),
  )
})

it('costs nothing when its logger throws', async () => {
  const throwing = () => {
    throw new Error('disk full')
  }
  const noisy = { info: throwing, warn: throwing, error: throwing }
  const handler = middy()
    .use(sqsPartialBatchFailure({ logger: noisy }))
    .handler(async () => [failed])
  expect(await handler(eventOf('a'), context)).toStrictEqual(report('a'))
})

it('refuses options that it does not know', () => {
  expect(() => sqsPartialBatchFailure({ loger: logger } as never)).toThrow(
    'has no option `loger`. Its options are logger.',
  )
  expect(() => sqsPartialBatchFailure({ logger: () => undefined } as never)).toThrow(
    'sqsPartialBatchFailure: the option `logger` must be an object with `info()` and `warn()` and `error()`.',
  )
})
