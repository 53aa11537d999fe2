import type { Order } from '../adopting/message.ts'
import { save } from '../adopting/save.ts'

/** Stands for one statement for many rows. */
export async function saveAll(orders: readonly Order[]): Promise<void> {
  await Promise.all(orders.map(save))
}
