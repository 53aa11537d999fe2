import { errorsWithin, type Thrown } from './errors-within.ts'
import type { Outcome, RetryOutcome } from './outcome.ts'
import { isThrottled } from './throttle.ts'

/**
 * The codes of Node and its `fetch` for a server that cannot be reached, or that no longer answers.
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
 * Whether an error means that a dependency is down, unreachable or throttled, so that the record is not at fault.
 * Checks the error, its causes and the errors of an `AggregateError` for
 *
 * - the code `SPILLWAY_DATABASE_UNAVAILABLE` of Spillway's writers;
 * - a network code of Node or of its `fetch`: `ECONNREFUSED`, `ECONNRESET`, `ETIMEDOUT`, `EPIPE`, `ENOTFOUND`,
 *   `EAI_AGAIN`, `UND_ERR_CONNECT_TIMEOUT` and their like, or a `TimeoutError`, of `AbortSignal.timeout()` for example;
 * - a throttled request of the AWS SDK;
 * - `status`, `statusCode` or the SDK's `$metadata.httpStatusCode` 429, 502, 503 or 504.
 *
 * `batch` does not apply it to the errors of a handler by itself: if one record names a host that does not exist, the whole
 * batch would wait. If your hosts are always the same, apply it in `onError`.
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
 * Whether an outcome means that a dependency is down or saturated: by its `unavailable`, else by a cause with the code
 * `SPILLWAY_DATABASE_UNAVAILABLE`.
 */
export function isUnavailableOutcome(outcome: Outcome): outcome is RetryOutcome {
  return (
    outcome.kind === 'retry' && (outcome.unavailable ?? errorsWithin(outcome.cause).some(saysUnavailable))
  )
}

// By its code: an app may have the class of the error twice, in a bundle and beside it.
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
