import { defineMessage } from '@spillway/message'
import * as z from 'zod'

export const order = defineMessage({
  name: 'order.placed',
  schema: z.object({ id: z.uuid(), customer: z.string().max(64), cents: z.int().nonnegative() }),
  key: (body) => body.id,
  group: (body) => body.customer,
})

export type Order = z.infer<typeof order.schema>
