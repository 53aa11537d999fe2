import { defineMessage } from '@spillway/message'
import * as z from 'zod'

export const order = defineMessage({
  name: 'order.placed',
  schema: z.object({
    id: z.uuid(),
    customer: z.string().min(1).max(64),
    cents: z.int().nonnegative(),
    currency: z.string().length(3),
  }),
  key: (body) => body.id.toLowerCase(),
  group: (body) => body.customer,
  version: 2,
  upcast: {
    1: (body) => ({ ...(body as object), currency: 'EUR' }),
  },
})
