import { defineMessage } from '@spillway/message'
import * as z from 'zod'

/** An order. To send it again with the same id changes nothing. */
export const order = defineMessage({
  name: 'order.placed',
  schema: z.object({
    id: z.uuid(),
    customer: z.string().min(1).max(64),
    cents: z.int().nonnegative(),
  }),
  key: (body) => body.id,
})
