import { defineMessage } from '@spillway/message'
import * as z from 'zod'

export const order = defineMessage({
  name: 'order.placed',
  schema: z.object({ id: z.uuid(), customer: z.string() }),
  key: (body) => body.id,
})
