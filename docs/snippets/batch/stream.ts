import { batch, eachRecord } from '@spillway/batch'
import { done } from '@spillway/message'
import { type Order, order } from './message.ts'

declare function sendMail(order: Order): Promise<void>

/** Mails have no key, so a record that runs twice sends its mail twice. */
export const mailOrders = batch(
  order,
  eachRecord(
    async ({ body }) => {
      await sendMail(body)
      return done()
    },
    { concurrency: 1 },
  ),
  { stopAtFirstFailure: true },
)
