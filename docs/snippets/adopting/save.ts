import type { Order } from './message.ts'

/** The table that the app writes. */
export const table = new Map<string, Order>()

/** Saves an order: what the app did before, and does after. */
export async function save(order: Order): Promise<void> {
  if (order.customer === 'down') throw new Error('the database refuses the order')
  table.set(order.id, order)
}
