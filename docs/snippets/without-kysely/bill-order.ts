import type { RecordHandler } from '@spillway/batch'
import { done, park, retry } from '@spillway/message'
import type { Order } from './message.ts'

/** Statuses that say nothing about the order: the API is down, or is asked too often. */
const unavailable: ReadonlySet<number> = new Set([429, 502, 503, 504])
/** Statuses that say nothing about the order either: a time-out, a repetition at the same time, our own credentials. */
const notItsFault: ReadonlySet<number> = new Set([401, 403, 408, 409, 425])

/** Bills an order by an API of somebody else. The key lets the API see that it has billed the order before. */
export const billOrder: RecordHandler<Order> = async ({ key, body }, { signal }) => {
  const answer = await fetch(`${process.env.BILLING_URL}/invoices`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ order: body.id, cents: body.cents }),
    // Neither longer than the invocation has, nor so long that one call uses up its time.
    signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]),
  })
  // The connection is used again once its answer was read.
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
