import { optionInvalid, refusePromise } from '@spillway/message/internal'
import type { HttpEvent } from './http-event.ts'

/** Characters that are illegal in a URI reference (RFC 3986). The key comes from the client. */
const illegal = /[^\w\-.~:/?#[\]@!$&'()*+,;=%]/gu

/**
 * The status URL of a message, as a URI reference that is safe in a header; `undefined` without the option.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when the function returns something else than a text.
 */
export function toStatusUrl(
  statusUrl: ((id: string, event: HttpEvent) => string) | undefined,
  key: string,
  event: HttpEvent,
): string | undefined {
  if (statusUrl === undefined) return undefined
  const url: unknown = statusUrl(encodeURIComponent(key), event)
  refusePromise('The option `statusUrl` of enqueue', url)
  if (typeof url !== 'string' || url === '') {
    throw optionInvalid('The option `statusUrl` of enqueue has to return a non-empty string.')
  }
  return url.toWellFormed().replace(illegal, encodeURIComponent)
}
