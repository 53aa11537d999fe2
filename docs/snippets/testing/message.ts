import { defineMessage, type MessageBody } from '@spillway/message'
import * as z from 'zod'

export const order = defineMessage({
  name: 'order.placed',
  schema: z.object({ id: z.uuid(), customer: z.string().min(1).max(64), cents: z.int().nonnegative() }),
  key: (body) => body.id,
  group: (body) => body.customer,
})

export type Order = MessageBody<typeof order>
