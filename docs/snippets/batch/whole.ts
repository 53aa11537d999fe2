import { batch } from '@spillway/batch'
import { done, retry, type Writer } from '@spillway/message'
import { type Order, order } from './message.ts'

declare function bulkIndex(orders: readonly Order[], signal: AbortSignal): Promise<readonly boolean[]>

/** Sends one request for all records and returns an outcome for each, in the same order. */
const index: Writer<Order> = async (records, { signal }) => {
  const taken = await bulkIndex(
    records.map(({ body }) => body),
    signal,
  )
  return taken.map((isTaken) => (isTaken ? done() : retry()))
}

export const indexOrders = batch(order, index)
