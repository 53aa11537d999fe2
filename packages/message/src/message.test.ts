import { expect, it } from 'vitest'
import * as z from 'zod'
import { createMessage, decodeMessage, defineMessage, encodeMessage } from './index.ts'

it('carries a message over the wire unchanged', async () => {
  const order = defineMessage({
    name: 'order.placed',
    schema: z.object({ id: z.string() }),
    key: (b) => b.id,
  })
  const message = createMessage(order, { id: 'a' }, { time: new Date(0) })
  expect(await decodeMessage(order, encodeMessage(message))).toStrictEqual({ ok: true, message })
})
