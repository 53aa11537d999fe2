import { expect, it } from 'vitest'
import * as z from 'zod'
import { decodeMessage, defineMessage } from './index.ts'
import { envelopeOf, memoryTarget, recordOf } from './testing.ts'

const price = defineMessage({
  name: 'price.changed',
  schema: z.object({ sku: z.string(), euros: z.number().transform((euros) => BigInt(euros * 100)) }),
  key: (body) => body.sku,
})

it('makes a record of an input: what comes out of the schema', async () => {
  expect(await recordOf(price, { sku: 'tea', euros: 5 }, { receiveCount: 3 })).toStrictEqual({
    name: 'price.changed',
    version: 1,
    key: 'tea',
    group: undefined,
    time: new Date(0),
    traceparent: undefined,
    body: { sku: 'tea', euros: 500n },
    receiveCount: 3,
    lane: 'tea',
    fingerprint: expect.any(Function),
  })
})

it('makes the text of an input: what goes into the schema', async () => {
  const text = await envelopeOf(price, { sku: 'tea', euros: 5 })
  expect(JSON.parse(text).body).toStrictEqual({ sku: 'tea', euros: 5 })
  expect(await decodeMessage(price, text)).toMatchObject({ ok: true, message: { body: { euros: 500n } } })
})

it('names what is wrong with an input', async () => {
  await expect(recordOf(price, { sku: 'tea', euros: 'x' as never })).rejects.toThrow(
    'The input is not a valid price.changed: /euros: Invalid input: expected number, received string',
  )
})

it('keeps what a target confirms, and reads it as the other side does', async () => {
  const limit = { signal: new AbortController().signal, remainingTime: () => 1000 }
  const target = memoryTarget(({ key }) =>
    key === 'b' ? { status: 'rejected', code: 'X', detail: 'no', retryable: true } : { status: 'accepted' },
  )
  const body = await envelopeOf(price, { sku: 'tea', euros: 5 })
  const results = await target.send(
    [
      { key: 'a', body },
      { key: 'b', body },
    ],
    limit,
  )
  expect(results.map(({ status }) => status)).toStrictEqual(['accepted', 'rejected'])
  expect(target.sent.map(({ key }) => key)).toStrictEqual(['a'])
  expect((await target.messages(price)).map((message) => message.body)).toStrictEqual([
    { sku: 'tea', euros: 500n },
  ])
  await expect(target.messages({ ...price, name: 'other' })).rejects.toThrow("expects 'other'")
})
