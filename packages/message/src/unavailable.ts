import { errorsWithin, type Thrown } from './errors-within.ts'
import type { Outcome, RetryOutcome } from './outcome.ts'
import { isThrottled } from './throttle.ts'

/**
 * What Node and its `fetch` say of a server that cannot be reached, or that no longer answers.
 *
 * Sources: libuv's guide, "Error handling"; Node.js documentation, "dns"; undici, "Errors".
 */
const networkCodes: ReadonlySet<unknown> = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_SOCKET',
])

/** Too many requests; bad gateway, service unavailable, gateway time-out. RFC 9110, RFC 6585. */
const statuses: ReadonlySet<unknown> = new Set([429, 502, 503, 504])

/**
 * Whether an error says that what a call needs is down, cannot be reached or is asked too often: nothing that a record
 * is to blame for. It looks at the error, at its causes and at the errors of an `AggregateError`, for
 *
 * - the code `SPILLWAY_DATABASE_UNAVAILABLE`, of Spillway's own writers;
 * - a code of Node's network or of its `fetch`: `ECONNREFUSED`, `ECONNRESET`, `ETIMEDOUT`, `EPIPE`, `ENOTFOUND`,
 *   `EAI_AGAIN`, `UND_ERR_CONNECT_TIMEOUT` and their like, or a `TimeoutError`, of `AbortSignal.timeout()` for example;
 * - a throttled request of the AWS SDK;
 * - `status`, `statusCode` or the SDK's `$metadata.httpStatusCode` 429, 502, 503 or 504.
 *
 * `batch` does not ask it for what a handler throws: a host that one record names may not exist, and would have the whole
 * batch wait. A handler whose hosts are always the same says so in `onError`.
 *
 * @example
 * ```ts
 * import { batch, eachRecord } from '@spillway/batch'
 * import { defineMessage, done, isUnavailable, retry } from '@spillway/message'
 * import * as z from 'zod'
 *
 * const order = defineMessage({ name: 'order.placed', schema: z.object({ id: z.uuid() }) })
 *
 * export const handler = batch(
 *   order,
 *   eachRecord(async ({ body }, { signal }) => {
 *     await fetch('https://example.com/orders', { method: 'POST', body: JSON.stringify(body), signal })
 *     return done()
 *   }),
 *   { onError: (error) => retry({ cause: error, unavailable: isUnavailable(error) }) },
 * )
 * ```
 */
export function isUnavailable(error: unknown): boolean {
  return errorsWithin(error).some((one) => saysUnavailable(one) || isNetwork(one) || isBusy(one))
}

/**
 * Whether an outcome says that what the record needs is down or saturated: with `unavailable`, else by a cause with the
 * code `SPILLWAY_DATABASE_UNAVAILABLE`.
 */
export function isUnavailableOutcome(outcome: Outcome): outcome is RetryOutcome {
  return (
    outcome.kind === 'retry' && (outcome.unavailable ?? errorsWithin(outcome.cause).some(saysUnavailable))
  )
}

// By its code, because an app may have the class of the error twice, in a bundle and beside it.
function saysUnavailable({ code }: Thrown): boolean {
  return code === 'SPILLWAY_DATABASE_UNAVAILABLE'
}

function isNetwork({ name, code }: Thrown): boolean {
  return networkCodes.has(code) || name === 'TimeoutError'
}

function isBusy(error: Thrown): boolean {
  const { status, statusCode, $metadata } = error as Readonly<Record<string, unknown>>
  const { httpStatusCode } = Object($metadata) as { readonly httpStatusCode?: unknown }
  return [status, statusCode, httpStatusCode].some((one) => statuses.has(one)) || isThrottled(error)
}
