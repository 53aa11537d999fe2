import { kyselyWriter } from '@spillway/kysely'
import type { MessageRecord } from '@spillway/message'
import type { Kysely } from 'kysely'

interface Order {
  readonly customer: string
}
interface Database {
  orders: { id: string; customer: string }
}
declare const db: Kysely<Database>

export const writeOrders = kyselyWriter({
  db,
  insertInto: 'orders',
  row: ({ key, body }: MessageRecord<Order>) => ({ id: key, customer: body.customer }),
  conflict: 'id',
  classify: { OR001: 'park', P0001: 'retry', PT503: 'unavailable' },
})
