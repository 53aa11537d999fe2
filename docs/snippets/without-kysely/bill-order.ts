import type { RecordHandler } from '@spillway/batch'
import { done, park, retry } from '@spillway/message'
import type { Order } from './message.ts'

/** The API is down, or gets too many requests. */
const unavailable: ReadonlySet<number> = new Set([429, 502, 503, 504])
/** Other statuses that are not the fault of the order: a time-out, a concurrent repetition, our credentials. */
const notItsFault: ReadonlySet<number> = new Set([401, 403, 408, 409, 425])

/** Bills an order with a third-party API. With the key the API recognises an order that it has billed before. */
export const billOrder: RecordHandler<Order> = async ({ key, body }, { signal }) => {
  const answer = await fetch(`${process.env.BILLING_URL}/invoices`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ order: body.id, cents: body.cents }),
    // Ends with the invocation, and after five seconds, so that one call does not use up its time.
    signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]),
  })
  // The connection is reused only after the response was read.
  await answer.arrayBuffer()
  if (answer.ok) return done()
  const cause = new Error(`billing answered ${answer.status}`)
  if (unavailable.has(answer.status)) {
    const after = Number(answer.headers.get('retry-after'))
    return retry({ unavailable: true, cause, ...(Number.isInteger(after) && after > 0 && { after }) })
  }
  if (answer.status >= 500 || notItsFault.has(answer.status)) return retry({ cause })
  return park({ code: 'BILLING_REFUSED', detail: `Billing answers ${answer.status} to this order.` })
}
