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
      'pin must be a number (was a string)',
    ])
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
