import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineMessage, validateBody } from './index.ts'

async function messagesOf(schema: Parameters<typeof defineMessage>[0]['schema'], value: unknown) {
  const result = await validateBody(defineMessage({ name: 'a', schema }), value)
  return result.ok ? [] : result.issues.map(({ message }) => message)
}

const quote = ({ input }: { readonly input?: unknown }) => `no: ${JSON.stringify(input)}`

describe('a message of a validator', () => {
  const password = 'hunter2-hunter2'

  it.each([
    ['zod', z.object({ password: z.int() })],
    ['valibot', v.object({ password: v.number() })],
    ['arktype', type({ password: 'number' })],
    ['valibot, of a length', v.object({ password: v.pipe(v.string(), v.maxLength(3)) })],
    ['arktype, of a pattern', type({ password: /^\d+$/ })],
    [
      'one of its own',
      z.object({
        password: z.string().refine(() => false, { error: ({ input }) => `${input} is too weak: ${input}` }),
      }),
    ],
    [
      'one of its own that shortens it',
      z.object({
        password: z.string().refine(() => false, { error: ({ input }) => `${String(input).slice(0, 9)}…` }),
      }),
    ],
  ])('%s, does not tell the value', async (_, schema) => {
    const messages = await messagesOf(schema, { password })
    expect(messages).toHaveLength(1)
    expect(messages[0]).not.toMatch(/hunter/)
    expect(messages[0]?.length).toBeGreaterThan(5)
  })

  it('keeps what is said beside the value', async () => {
    expect(await messagesOf(v.object({ pin: v.string() }), { pin: 4711 })).toStrictEqual([
      'Invalid type: Expected string but received [redacted]',
    ])
    expect(await messagesOf(type({ pin: 'number' }), { pin: 'e' })).toStrictEqual([
      'pin must be a number (was [redacted])',
    ])
  })

  it.each([
    ['valibot', v.object({ p: v.pipe(v.string(), v.trim(), v.email()) }), { p: ' hunter2-secret ' }],
    ['valibot', v.object({ p: v.pipe(v.string(), v.toUpperCase(), v.regex(/^\d+$/)) }), { p: 'hunter2' }],
    ['valibot', v.object({ p: v.pipe(v.string(), v.transform(Number), v.maxValue(3)) }), { p: '4711' }],
    ['arktype', type({ p: type('string.trim').to('string.email') }), { p: ' hunter2-secret ' }],
    ['arktype', type({ p: type('string.lower').to('string.email') }), { p: 'HUNTER2-secret' }],
  ])('of %s, does not tell what a transform made of the value', async (_, schema, input) => {
    const messages = await messagesOf(schema, input)
    expect(messages).toHaveLength(1)
    expect(messages[0]).toMatch(/\[redacted\]/)
    expect(messages[0]).not.toMatch(/hunter|secret|4711/i)
  })

  it('tells limits and choices that stand elsewhere in the body, too', async () => {
    const limited = z.object({ limit: z.int(), n: z.int().max(100) })
    expect(await messagesOf(limited, { limit: 100, n: 500 })).toStrictEqual([
      'Too big: expected number to be <=100',
    ])
    const currency = z.enum(['GBP', 'EUR'])
    expect(
      await messagesOf(z.object({ cur: currency, home: currency }), { cur: 'GBP', home: 'USD' }),
    ).toStrictEqual(['Invalid option: expected one of "GBP"|"EUR"'])
    expect(
      await messagesOf(v.object({ cur: v.string(), home: v.picklist(['GBP', 'EUR']) }), {
        cur: 'GBP',
        home: 'USD',
      }),
    ).toStrictEqual(['Invalid type: Expected ("GBP" | "EUR") but received [redacted]'])
    expect(
      await messagesOf(type({ limit: 'number', home: "'GBP' | 'EUR'" }), { limit: 100, home: 'GBP ' }),
    ).toStrictEqual(['home must be "EUR" or "GBP" (was [redacted])'])
  })

  it.each([
    [
      'zod, of a list that holds its limit',
      z.object({ days: z.array(z.int()).max(100) }),
      { days: Array(101).fill(100) },
      'Too big: expected array to have <=100 items',
    ],
    [
      'zod, of a number that is its limit',
      z.object({ n: z.number().lt(-100.5) }),
      { n: -100.5 },
      'Too big: expected number to be <-100.5',
    ],
    [
      'zod, of unknown names beside texts that look the same',
      z.strictObject({ note: z.string(), key: z.string() }),
      { note: 'Unrecognized parcel', key: 'key', tenant: 'a', 'x y': 1 },
      'Unrecognized keys: "tenant", "x y"',
    ],
    [
      'valibot, of a list that holds its limit',
      v.object({ days: v.pipe(v.array(v.number()), v.maxLength(100)) }),
      { days: Array(101).fill(100) },
      'Invalid length: Expected <=100 but received [redacted]',
    ],
  ])('of %s, tells the whole limit', async (_, schema, body, message) => {
    expect(await messagesOf(schema, body)).toStrictEqual([message])
  })

  it('of its own is redacted, though it begins as one of zod', async () => {
    const schema = z.object({
      p: z.string().refine(() => false, {
        error: ({ input }) => `Too big: expected text to be <=3, not ${input}`,
      }),
    })
    expect(await messagesOf(schema, { p: 'hunter2' })).toStrictEqual([
      'Too big: expected text to be <=3, not [redacted]',
    ])
  })

  it('is kept where another text of the body begins as it does', async () => {
    const schema = z.object({ note: z.string(), id: z.uuid() })
    expect(await messagesOf(schema, { note: 'Invalid address, please call', id: 'x' })).toStrictEqual([
      'Invalid UUID',
    ])
  })

  it('tells of a place that is missing what is wanted there, whatever its neighbours hold', async () => {
    expect(await messagesOf(z.object({ home: z.enum(['EUR']) }), { cur: 'EUR' })).toStrictEqual([
      'Invalid input: expected "EUR"',
    ])
  })

  it('of arktype, does not tell what it was in another path', async () => {
    const narrowed = type({ p: 'string', c: 'string' }).narrow(
      (body, context) => body.p === body.c || context.reject({ expected: 'identical', path: ['c'] }),
    )
    expect((await messagesOf(narrowed, { p: 'hunter2-secret', c: 'x' })).join()).not.toContain('hunter2')
  })

  it('tells the limit of valibot that begins as the value does', async () => {
    const schema = v.object({ n: v.pipe(v.number(), v.minValue(1.5)) })
    expect(await messagesOf(schema, { n: 1 })).toStrictEqual([
      'Invalid value: Expected >=1.5 but received [redacted]',
    ])
  })

  it('does not tell a value inside a text that a transform parsed', async () => {
    const inner = z.object({
      password: z.string().refine(() => false, { error: ({ input }) => `no ${input}` }),
    })
    const schema = z.object({
      p: z
        .string()
        .transform((text) => ({ password: text }))
        .pipe(inner),
    })
    expect(await messagesOf(schema, { p: 'hunter2-secret' })).toStrictEqual(['no [redacted]'])
  })

  it.each([
    ['a union', z.object({ u: z.union([z.int(), z.boolean()]) }), { u: 'hunter2-secret' }],
    [
      'a list',
      z.object({ u: z.array(z.string()).refine(() => false, { error: quote }) }),
      { u: ['hunter2'] },
    ],
    ['the whole body', z.looseObject({}).refine(() => false, { error: quote }), { a: { b: 'hunter2' } }],
  ])('does not tell the leaves under its own path: of %s', async (_, schema, input) => {
    const messages = await messagesOf(schema, input)
    expect(messages).toHaveLength(1)
    expect(messages[0]).not.toContain('hunter2')
  })

  it('is dropped when it is longer than any validator has to say', async () => {
    const schema = z.strictObject({})
    expect(await messagesOf(schema, { ['k'.repeat(100_000)]: 1 })).toStrictEqual(['Invalid value'])
  })

  it('is one of at most a thousand', async () => {
    expect(await messagesOf(z.array(z.string()), Array(5000).fill(1))).toHaveLength(1000)
  })

  it('does not tell a value within the value', async () => {
    const schema = z.object({ card: z.looseObject({}) }).refine(() => false, {
      error: ({ input }) => JSON.stringify(input),
    })
    expect(
      await messagesOf(schema, { card: { number: 4111111111111111, owner: 'Ada "A" L' } }),
    ).toStrictEqual(['{"card":{"number":[redacted],"owner":[redacted]}}'])
  })

  it('is left alone where a value only looks like a part of it', async () => {
    expect(await messagesOf(z.object({ a: z.int() }), { a: 'e' })).toStrictEqual([
      'Invalid input: expected number, received string',
    ])
  })
})
