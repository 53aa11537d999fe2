import { optionInvalid, refusePromise } from '@spillway/message/internal'
import type { HttpEvent } from './http-event.ts'

/** What is legal in a URI reference (RFC 3986), and nothing else: a key is the client's own text. */
const illegal = /[^\w\-.~:/?#[\]@!$&'()*+,;=%]/gu

/**
 * Where to ask for a message, as a URI reference that a header can carry; `undefined` without a function.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when the function gives something else than a text.
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
    throw optionInvalid('The option `statusUrl` of enqueue has to return a text.')
  }
  return url.toWellFormed().replace(illegal, encodeURIComponent)
}
