import { defineMessage, type MessageBody } from '@spillway/message'
import * as z from 'zod'

export const order = defineMessage({
  name: 'order.placed',
  schema: z.object({
    id: z.uuid(),
    customer: z.string(),
    cents: z.int(),
  }),
  key: (body) => body.id,
})

export type Order = MessageBody<typeof order>
