import middy from '@middy/core'
import type { LogFields } from '@spillway/message'
import type { Context, KinesisStreamEvent } from 'aws-lambda'
import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { kinesisPartialBatchFailure, kinesisSource } from './index.ts'
import { memoryDeadLetter } from './testing.ts'

const lines: LogFields[] = []
const logger = {
  info: () => undefined,
  warn: () => undefined,
  error: (_: string, fields: LogFields = {}) => void lines.push(fields),
}
const done = { status: 'fulfilled', value: undefined }
const failed = { status: 'rejected', reason: new Error('not now') }

/** What Lambda is answered for what a handler gives. */
async function answer(sequenceNumbers: readonly unknown[], results: unknown): Promise<unknown> {
  lines.length = 0
  const handler = middy()
    .use(kinesisPartialBatchFailure({ logger }))
    .handler(async () => results as never)
  const Records = sequenceNumbers.map((sequenceNumber) => ({ kinesis: { sequenceNumber } }))
  return handler({ Records } as KinesisStreamEvent, {} as Context)
}

const report = (...ids: string[]) => ({
  batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })),
})

describe('a batch', () => {
  it('that is done has no failures', async () => {
    expect(await answer(['1', '2'], [done, done])).toStrictEqual(report())
    expect(await answer([], [])).toStrictEqual(report())
    expect(lines).toStrictEqual([])
  })

  it('answers the lowest sequence number that failed, and no other', async () => {
    expect(await answer(['1', '2', '3', '4'], [done, failed, done, failed])).toStrictEqual(report('2'))
    expect(lines).toStrictEqual([{ failed: 2, records: 4, checkpoint: '2', error: failed.reason }])
  })

  it('compares numbers, not texts, in whatever order they come', async () => {
    expect(await answer(['10', '9', '8'], [failed, failed, done])).toStrictEqual(report('9'))
    const large = 49n * 10n ** 54n
    const numbers = [large + 2n, large + 1n, large - 1n].map(String)
    expect(await answer(numbers, [failed, failed, done])).toStrictEqual(report(String(large + 1n)))
  })

  it('goes on from the lowest failure, whatever failed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.bigInt({ min: 0n, max: 10n ** 60n }), { minLength: 1, maxLength: 20 }),
        fc.infiniteStream(fc.boolean()),
        async (numbers, fates) => {
          const results = numbers.map(() => (fates.next().value ? done : failed))
          const lowest = numbers
            .filter((_, place) => results[place] === failed)
            .sort((a, b) => (a < b ? -1 : 1))[0]
          const expected = lowest === undefined ? report() : report(String(lowest))
          expect(await answer(numbers.map(String), results)).toStrictEqual(expected)
        },
      ),
    )
  })
})

describe('what is no list of one settled result for each record is an error: it does not say what is done', () => {
  it.each([
    ['undefined', undefined, 'no list of results for 2 records'],
    ['null', null, 'no list of results for 2 records'],
    ['an answer of its own', { batchItemFailures: [] }, 'no list of results for 2 records'],
    ['too few', [done], '1 results for 2 records'],
    ['too many', [done, done, done], '3 results for 2 records'],
    ['none', [], '0 results for 2 records'],
  ])('%s', async (_, results, says) => {
    await expect(answer(['7', '6'], results)).rejects.toMatchObject({
      code: 'SPILLWAY_CHAIN_INVALID',
      message: expect.stringContaining(`kinesisPartialBatchFailure got ${says} from the handler`),
    })
    expect(lines).toStrictEqual([])
  })
})

describe('what is no settled result fails', () => {
  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a status of its own', { status: 'done' }],
    ['a text', 'fulfilled'],
  ])('its record: %s', async (_, result) => {
    expect(await answer(['6', '7'], [done, result])).toStrictEqual(report('7'))
  })

  it('its record: a hole', async () => {
    const results = [done, done]
    delete results[1]
    expect(await answer(['6', '7'], results)).toStrictEqual(report('7'))
  })
})

it.each([undefined, 7, '', 'x', '-1', '1.5'])(
  'fails the whole batch when a failed record has the sequence number %j',
  async (sequenceNumber) => {
    expect(await answer([sequenceNumber, '2'], [failed, failed])).toStrictEqual(report(''))
  },
)

describe('an error goes on to Lambda, so that it counts it and halves the batch', () => {
  const event = { Records: [{ kinesis: { sequenceNumber: '1' } }] } as KinesisStreamEvent
  const broken = new Error('broken')
  const throwing = () => Promise.reject(broken)
  const chain = () => middy().use(kinesisPartialBatchFailure({ logger }))

  it('of the handler, and of a middleware', async () => {
    await expect(chain().handler(throwing)(event, {} as Context)).rejects.toBe(broken)
    const handler = chain()
      .before(throwing)
      .handler(async () => [done])
    await expect(handler(event, {} as Context)).rejects.toBe(broken)
  })

  it.each<[string, (request: middy.Request) => unknown]>([
    ['sets', (request) => void Object.assign(request, { response: { statusCode: 500 } })],
    ['returns', () => ({ statusCode: 500 })],
    ['sets as the early answer', (request) => void Object.assign(request, { earlyResponse: undefined })],
  ])('whatever another middleware %s: Lambda would go on', async (_, onError) => {
    await expect(chain().use({ onError }).handler(throwing)(event, {} as Context)).rejects.toBe(broken)
    const before = middy().use({ onError }).use(kinesisPartialBatchFailure()).handler(throwing)
    await expect(before(event, {} as Context)).rejects.toBe(broken)
  })

  it('and what another middleware answers in place of the batch is one', async () => {
    const early = chain()
      .before(() => 'warm')
      .handler(async () => [done])
    const late = chain()
      .after(() => ({ batchItemFailures: [] }))
      .handler(async () => [failed])
    for (const handler of [early, late]) {
      await expect(handler(event, {} as Context)).rejects.toMatchObject({ code: 'SPILLWAY_CHAIN_INVALID' })
    }
  })

  it('and being behind its source is one', async () => {
    const handler = middy()
      .use(kinesisSource({ deadLetter: memoryDeadLetter() }))
      .use(kinesisPartialBatchFailure())
      .handler(async () => [done])
    await expect(handler(event as never, {} as Context)).rejects.toMatchObject({
      code: 'SPILLWAY_CHAIN_INVALID',
      message: expect.stringContaining('before all other middlewares'),
    })
  })
})

describe('an event that is not one of Kinesis is an error, never an answer', () => {
  const sqsRecord = { messageId: 'm', body: '{"spillway":1}', eventSource: 'aws:sqs' }
  it.each<[string, unknown, string]>([
    ['EventBridge Pipes', [{ eventSource: 'aws:kinesis' }], 'a list, as EventBridge Pipes sends it'],
    ['the test of the console', { key1: 'value1' }, 'an event without records'],
    ['SQS', { Records: [sqsRecord] }, 'records of aws:sqs'],
    ['S3', { Records: [{ eventSource: 'aws:s3', s3: {} }] }, 'records of aws:s3'],
    ['SNS', { Records: [{ EventSource: 'aws:sns', Sns: {} }] }, 'records of aws:sns'],
    ['DynamoDB', { Records: [{ eventSource: 'aws:dynamodb', dynamodb: {} }] }, 'records of aws:dynamodb'],
    ['Firehose', { records: [{ kinesisRecordMetadata: {} }] }, 'an event without records'],
    ['EventBridge', { 'detail-type': 'Scheduled Event', detail: {} }, 'an event of EventBridge'],
    ['HTTP', { requestContext: {} }, 'an HTTP request'],
    ['a warm-up ping', { source: 'serverless-plugin-warmup' }, 'an event without records'],
    ['CloudFront', { Records: [{ cf: {} }] }, 'record 0 lacks `kinesis`'],
    ['mixed services', { Records: [{ kinesis: {} }, sqsRecord] }, 'records of aws:sqs'],
    ['nothing', null, 'got null'],
  ])('%s, before anything else runs', async (_, event, says) => {
    const handler = vi.fn(async () => [])
    const chain = middy()
      .use(kinesisPartialBatchFailure())
      .onError(() => ({ statusCode: 500 }))
      .handler(handler)
    await expect(chain(event as never, {} as Context)).rejects.toMatchObject({
      code: 'SPILLWAY_SOURCE_MISSING',
      message: expect.stringContaining(says),
    })
    expect(handler).not.toHaveBeenCalled()
  })
})

it('refuses options that it does not know', () => {
  expect(() => kinesisPartialBatchFailure({ loger: 1 } as never)).toThrow('logger')
})
