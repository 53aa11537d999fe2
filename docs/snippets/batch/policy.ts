import { batch, eachRecord } from '@spillway/batch'
import { done, isUnavailable, park, retry } from '@spillway/message'
import { type Order, order } from './message.ts'

declare function ship(order: Order, signal: AbortSignal): Promise<void>
declare class AddressUnknown extends Error {}

export const shipOrders = batch(
  order,
  eachRecord(async ({ body }, { signal }) => {
    await ship(body, signal)
    return done()
  }),
  {
    onError(error) {
      if (error instanceof AddressUnknown)
        return park({ code: 'ADDRESS_UNKNOWN', detail: 'No such address.' })
      return retry({ unavailable: isUnavailable(error), cause: error })
    },
    backoff: { base: 10, cap: 3600 },
    guard: 2000,
  },
)
