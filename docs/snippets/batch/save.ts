import type { Order } from './message.ts'

/** Saves an order: what the app did before, and does after. */
export declare function save(order: Order): Promise<void>
