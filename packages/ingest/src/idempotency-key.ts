import { header } from './headers.ts'
import { HttpError } from './http-error.ts'
import type { HttpEvent } from './http-event.ts'

/** A String of RFC 9651 (Structured Field Values). Its parameters are ignored. */
const quoted = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"(?:\s*;.*)?$/

/** A key without quotes, as many clients send it. A comma would mean two headers that a gateway joined. */
const bare = /^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]+$/

/**
 * The key in the `Idempotency-Key` header; `undefined` without the header.
 *
 * Source: draft-ietf-httpapi-idempotency-key-header-07, which defines it as a String. A key without quotes is accepted
 * as well.
 *
 * @throws HttpError 400 `SPILLWAY_KEY_INVALID` when the header is not one key of 1 to 200 characters.
 */
export function readIdempotencyKey(event: HttpEvent): string | undefined {
  const value = header(event, 'idempotency-key')?.trim()
  if (value === undefined) return undefined
  const key = quoted.exec(value)?.[1]?.replaceAll(/\\(["\\])/g, '$1') ?? (bare.test(value) ? value : '')
  if (key.length > 0 && key.length <= 200) return key
  throw new HttpError(
    400,
    'SPILLWAY_KEY_INVALID',
    'The Idempotency-Key header must be one key of 1 to 200 printable ASCII characters, for example "8e03978e".',
  )
}
