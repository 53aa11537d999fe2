import type { Generated, Insertable, JSONColumnType } from 'kysely'
import type { Order } from './message.ts'

/** The table of orders. See `migrations/001-orders.sql`. */
export interface OrdersTable {
  id: string
  customer: string
  items: JSONColumnType<Order['items']>
  total_cents: string | bigint
  note: string | null
  placed_at: Generated<Date>
}

export interface Database {
  orders: OrdersTable
}

/** The row of an order. Cents are added as `bigint`, because a sum of numbers would lose cents beyond 2^53. */
export function toRow(order: Order, placedAt: Date): Insertable<OrdersTable> {
  const total = order.items.reduce((sum, item) => sum + BigInt(item.quantity) * BigInt(item.priceCents), 0n)
  return {
    id: order.id,
    customer: order.customer,
    items: JSON.stringify(order.items),
    total_cents: total,
    note: order.note ?? null,
    placed_at: placedAt,
  }
}
