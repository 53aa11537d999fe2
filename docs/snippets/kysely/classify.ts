import { kyselyWriter } from '@spillway/kysely'
import type { MessageRecord } from '@spillway/message'
import { db } from './database.ts'
import type { Order } from './message.ts'

export const writeOrders = kyselyWriter({
  db,
  insertInto: 'orders',
  row: ({ key, body }: MessageRecord<Order>) => ({ id: key, customer: body.customer }),
  conflict: 'id',
  classify: { OR001: 'park', P0001: 'retry', PT503: 'unavailable' },
})
