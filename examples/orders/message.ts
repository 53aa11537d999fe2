import { defineMessage, type MessageBody } from '@spillway/message'
import * as z from 'zod'

/** An order as a client sends it. The client chooses the id, so sending the order again changes nothing. */
export const order = defineMessage({
  name: 'order.placed',
  schema: z.object({
    id: z.uuid(),
    customer: z.string().min(1).max(64),
    items: z
      .array(
        z.object({
          sku: z.string().min(1),
          quantity: z.int().positive(),
          priceCents: z.int().nonnegative(),
        }),
      )
      .min(1)
      .max(100),
    note: z.string().max(500).optional(),
  }),
  key: (body) => body.id.toLowerCase(),
})

export type Order = MessageBody<typeof order>
