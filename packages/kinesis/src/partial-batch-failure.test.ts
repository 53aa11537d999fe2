import middy from '@middy/core'
import type { LogFields } from '@spillway/message'
import type { Context, KinesisStreamEvent } from 'aws-lambda'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { kinesisPartialBatchFailure } from './index.ts'

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

describe('what is no settled result fails', () => {
  it.each([
    ['undefined', undefined],
    ['null', null],
    ['an answer of its own', { batchItemFailures: [] }],
    ['too few', [done]],
    ['too many', [done, done, done]],
    ['none', []],
  ])('the whole batch: %s', async (_, results) => {
    expect(await answer(['7', '6'], results)).toStrictEqual(report('6'))
    expect(lines).toMatchObject([{ failed: 2, checkpoint: '6' }])
  })

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

it('lets an error through, so that Lambda counts it and halves the batch', async () => {
  const handler = middy()
    .use(kinesisPartialBatchFailure())
    .handler(() => Promise.reject(new Error('broken')))
  const event = { Records: [{ kinesis: { sequenceNumber: '1' } }] } as KinesisStreamEvent
  await expect(handler(event, {} as Context)).rejects.toThrow('broken')
})

it('lets an error through that a middleware behind it turned into an answer: Lambda would go on', async () => {
  const handler = middy()
    .use(kinesisPartialBatchFailure())
    .onError((request) => {
      request.response = { statusCode: 500 } as never
    })
    .handler(() => Promise.reject(new Error('broken')))
  const event = { Records: [{ kinesis: { sequenceNumber: '1' } }] } as KinesisStreamEvent
  await expect(handler(event, {} as Context)).rejects.toThrow('broken')
})

it('refuses options that it does not know', () => {
  expect(() => kinesisPartialBatchFailure({ loger: 1 } as never)).toThrow('logger')
})
