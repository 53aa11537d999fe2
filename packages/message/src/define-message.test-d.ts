import { expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import { defineMessage, type MessageBody, type MessageInput } from './index.ts'

it('infers the body from the schema', () => {
  const order = defineMessage({
    name: 'order.placed',
    schema: z.object({ id: z.string(), at: z.string().transform((text) => new Date(text)) }),
    key: (body) => {
      expectTypeOf(body).toEqualTypeOf<{ id: string; at: Date }>()
      return body.id
    },
  })
  expectTypeOf<MessageInput<typeof order>>().toEqualTypeOf<{ id: string; at: string }>()
  expectTypeOf<MessageBody<typeof order>>().toEqualTypeOf<{ id: string; at: Date }>()
})

it('refuses a key that is not a string', () => {
  // @ts-expect-error a number is no key
  defineMessage({ name: 'a', schema: z.object({ id: z.number() }), key: (body) => body.id })
})
