import { batch, eachRecord, route } from '@spillway/batch'
import { defineMessage, done, park, type Writer } from '@spillway/message'
import * as z from 'zod'
import { type Order, order, save } from './message.ts'

const refund = defineMessage({
  name: 'order.refunded',
  schema: z.object({ order: z.string(), cents: z.int() }),
  key: (body) => `refund of ${body.order}`,
})

/** For example kyselyWriter({ … }). */
declare const writeOrders: Writer<Order>

export const handler = batch(
  [
    route(order, writeOrders),
    route(
      refund,
      eachRecord(async ({ key, body }) => {
        await save(key, { id: body.order, customer: '', cents: -body.cents })
        return done()
      }),
    ),
  ],
  {
    // Audit messages of another team share the queue. They are not ours and need no effect.
    otherwise: eachRecord(({ name }) =>
      name.startsWith('audit.') ? done() : park({ code: 'NO_HANDLER', detail: 'Nobody handles it.' }),
    ),
  },
)
