import { defineMessage } from '@spillway/message'
import * as z from 'zod'

export const order = defineMessage({
  name: 'order.placed',
  schema: z.object({ id: z.string(), customer: z.string(), cents: z.int() }),
  key: (body) => body.id,
})

export type Order = z.infer<typeof order.schema>

/** Saves orders, each under its key. */
export declare function save(key: string, order: Order, tenant?: string): Promise<void>
