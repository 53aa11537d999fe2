import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import * as mini from 'zod/mini'
import {
  createMessage,
  decodeMessage,
  defineMessage,
  encodeMessage,
  type MessageDefinition,
} from './index.ts'

// One definition serves whatever validator the user has chosen.

const name = 'order.placed'
type Body = { id: string; lines: { n: number }[] }
const definitions: Record<string, MessageDefinition<StandardSchemaV1<Body>>> = {
  zod: defineMessage({
    name,
    schema: z.object({ id: z.string(), lines: z.array(z.object({ n: z.int() })) }),
  }),
  'zod/mini': defineMessage({
    name,
    schema: mini.object({ id: mini.string(), lines: mini.array(mini.object({ n: mini.int() })) }),
  }),
  valibot: defineMessage({
    name,
    schema: v.object({ id: v.string(), lines: v.array(v.object({ n: v.pipe(v.number(), v.integer()) })) }),
  }),
  'valibot, asynchronous': defineMessage({
    name,
    schema: v.objectAsync({
      id: v.pipeAsync(
        v.string(),
        v.checkAsync(async () => true),
      ),
      lines: v.array(v.object({ n: v.pipe(v.number(), v.integer()) })),
    }),
  }),
  arktype: defineMessage({
    name,
    schema: type({ id: 'string', lines: type({ n: 'number.integer' }).array() }),
  }),
}

describe.each(Object.entries(definitions))('%s', (_, definition) => {
  const wire = (body: unknown) => encodeMessage({ name, version: 1, key: 'k', time: new Date(0), body })

  it('lets a valid body through', async () => {
    const body = { id: 'a', lines: [{ n: 1 }] }
    const message = createMessage(definition, body, { time: new Date(0), key: 'k' })
    expect(await decodeMessage(definition, encodeMessage(message))).toStrictEqual({ ok: true, message })
  })

  it('names the places of an invalid one', async () => {
    const decoded = await decodeMessage(definition, wire({ id: 'a', lines: [{ n: 1 }, { n: 'x' }] }))
    expect(decoded).toMatchObject({
      ok: false,
      reason: { code: 'SPILLWAY_BODY_INVALID', issues: [{ path: '/lines/1/n' }] },
    })
  })
})
