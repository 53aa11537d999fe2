import { defineMessage } from '@spillway/message'
import * as z from 'zod'

export const order = defineMessage({
  name: 'order.placed',
  schema: z.object({ id: z.string(), customer: z.string() }),
  key: ({ id }) => id,
})

export type Order = z.infer<typeof order.schema>
