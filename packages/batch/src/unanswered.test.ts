import { isDeepStrictEqual } from 'node:util'
import { defineMessage, done, retry } from '@spillway/message'
import { envelopeOf } from '@spillway/message/testing'
import { afterEach, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { type BatchOptions, batch } from './index.ts'
import { silent } from './testing/virtual-run.ts'

// What becomes of the results of a batch where no middleware makes an answer of them.

const order = defineMessage({ name: 'order', schema: z.object({ id: z.string() }), key: (body) => body.id })
const context = { getRemainingTimeInMillis: () => 5000 }
const fulfilled = { status: 'fulfilled', value: undefined }

afterEach(() => vi.restoreAllMocks())

async function resultsOf(options: BatchOptions<{ id: string }> = {}) {
  const handler = batch(
    order,
    async (records) =>
      records.map(({ key }) => (key === 'bad' ? retry({ cause: new Error('not now') }) : done())),
    { logger: silent, hold: false, ...options },
  )
  const ids = options.partialFailures === false ? ['a', 'b'] : ['a', 'bad']
  const records = await Promise.all(
    ids.map(async (id) => ({ id, lane: id, receiveCount: 1, body: await envelopeOf(order, { id }) })),
  )
  const source = { records, park: async () => undefined, delay: async () => undefined }
  return handler({ source }, context)
}

it('is a list of settled results, and nothing else that can be seen', async () => {
  const results = await resultsOf()
  const plain = [fulfilled, { status: 'rejected', reason: new Error('not now') }]
  expect(results).toStrictEqual(plain)
  expect([Array.isArray(results), results.length, Object.keys(results)]).toStrictEqual([true, 2, ['0', '1']])
  expect(isDeepStrictEqual(results, plain)).toBe(true)
  expect([...results, ...results.map((result) => result)].map(({ status }) => status)).toStrictEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'rejected',
  ])
})

it('throws when it is about to be the answer of a function, and says so: the runtime of Lambda does not', async () => {
  const lines: string[] = []
  vi.spyOn(console, 'error').mockImplementation((line) => void lines.push(line))
  const results = await resultsOf()
  expect(() => JSON.stringify(results)).toThrow(
    expect.objectContaining({
      code: 'SPILLWAY_CHAIN_INVALID',
      message: expect.stringContaining('use sqsPartialBatchFailure() of @spillway/sqs'),
    }),
  )
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    {
      level: 'error',
      message: 'spillway: the results of a batch are not an answer to Lambda.',
      error: { code: 'SPILLWAY_CHAIN_INVALID', message: expect.stringContaining('delete every message') },
    },
  ])
})

it('is a list like any other in the line of a log or a trace', async () => {
  const error = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const response = await resultsOf()
  expect(JSON.parse(JSON.stringify({ response, nested: [response] }))).toStrictEqual({
    response: [{ status: 'fulfilled' }, { status: 'rejected', reason: {} }],
    nested: [[{ status: 'fulfilled' }, { status: 'rejected', reason: {} }]],
  })
  expect(error).not.toHaveBeenCalled()
})

it('is an answer by itself where the event source mapping knows of no failures', async () => {
  const results = await resultsOf({ partialFailures: false })
  expect(results).toStrictEqual([fulfilled, fulfilled])
  expect(JSON.parse(JSON.stringify(results))).toStrictEqual({ batchItemFailures: [] })
})
