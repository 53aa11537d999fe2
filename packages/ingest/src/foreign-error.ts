import { isObject } from '@spillway/message/internal'

/** What a client may be told of an error that is not an `HttpError`. */
export interface ForeignError {
  /** 400 to 599; `undefined` for an error without a status. */
  readonly statusCode: number | undefined
  /** The message, if the error says that clients may see it. */
  readonly message: string | undefined
  /** The code, if it looks stable and clients may see the error. */
  readonly code: string | undefined
  /** The headers, `www-authenticate` or `allow` for example, if clients may see the error. */
  readonly headers: Readonly<Record<string, string>> | undefined
  /** Seconds, from its `retry-after` header. */
  readonly retryAfter: number | undefined
  /** The package of middy that threw the error, and its `data`. */
  readonly cause: { readonly package: string; readonly data: unknown } | undefined
  /** middy stopped the handler shortly before the time-out of the function. */
  readonly timedOut: boolean
}

/**
 * Reads an error of `http-errors`, of a middleware of middy, or any other value that was thrown.
 *
 * Only an error with `expose: true` shows its message: an error that merely has a `statusCode` may have it from another
 * server.
 */
export function readForeignError(error: unknown): ForeignError {
  const read = isObject(error) ? error : {}
  const { statusCode, code, message, name } = read
  const shown = read.expose === true && isStatus(statusCode)
  const cause = readCause(read.cause)
  return {
    statusCode: isStatus(statusCode) ? statusCode : undefined,
    message: shown && typeof message === 'string' && message !== '' ? message : undefined,
    code: shown && typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,63}$/.test(code) ? code : undefined,
    headers: shown ? readHeaders(read.headers) : undefined,
    retryAfter: readRetryAfter(read.headers),
    cause,
    timedOut: name === 'TimeoutError' && cause?.package === '@middy/core',
  }
}

function isStatus(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 400 && (value as number) <= 599
}

/** Headers that the response sets itself. */
const own = new Set(['content-type', 'content-length', 'retry-after', 'transfer-encoding'])

function readHeaders(headers: unknown): Record<string, string> | undefined {
  if (!isObject(headers)) return undefined
  const all = Object.entries(headers).flatMap(([name, value]) => {
    const key = name.toLowerCase()
    const sound =
      typeof value === 'string' && /^[\t\x20-\x7e]*$/.test(value) && /^[\w!#$%&'*+.^`|~-]+$/.test(key)
    return sound && !own.has(key) ? [[key, value] as const] : []
  })
  return all.length === 0 ? undefined : Object.fromEntries(all)
}

function readRetryAfter(headers: unknown): number | undefined {
  if (!isObject(headers)) return undefined
  const found = Object.entries(headers).find(([name]) => name.toLowerCase() === 'retry-after')
  return found !== undefined && /^\d{1,8}$/.test(String(found[1])) ? Number(found[1]) : undefined
}

function readCause(cause: unknown): ForeignError['cause'] {
  if (!isObject(cause) || typeof cause.package !== 'string') return undefined
  return { package: cause.package, data: cause.data }
}
