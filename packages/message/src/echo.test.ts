import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineMessage, validateBody } from './index.ts'

async function messagesOf(schema: Parameters<typeof defineMessage>[0]['schema'], value: unknown) {
  const result = await validateBody(defineMessage({ name: 'a', schema }), value)
  return result.ok ? [] : result.issues.map(({ message }) => message)
}

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

  it('does not tell a value from another path', async () => {
    const narrowed = type({ p: 'string', c: 'string' }).narrow(
      (body, context) => body.p === body.c || context.reject({ expected: 'identical', path: ['c'] }),
    )
    expect((await messagesOf(narrowed, { p: 'hunter2-secret', c: 'x' })).join()).not.toContain('hunter2')
    const refined = z.object({ p: z.string(), c: z.string() }).refine((body) => body.p === body.c, {
      path: ['c'],
      error: ({ input }) => `is not ${(input as { p: string }).p}`,
    })
    expect(await messagesOf(refined, { p: 'hunter2-secret', c: 'x' })).toStrictEqual(['is not [redacted]'])
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
