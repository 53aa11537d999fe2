import { defineMessage, type MessageBody } from '@spillway/message'
import * as z from 'zod'

/** The schema of the JSON that is in the queue already. */
export const order = defineMessage({
  name: 'order.placed',
  schema: z.object({ id: z.string().min(1), customer: z.string(), cents: z.int().nonnegative() }),
  key: (body) => body.id,
})

export type Order = MessageBody<typeof order>
