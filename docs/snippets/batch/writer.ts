import type { Writer } from '@spillway/message'
import type { Order } from './message.ts'

/** For example `kyselyWriter` of `@spillway/kysely`. */
export declare const writeOrders: Writer<Order>
