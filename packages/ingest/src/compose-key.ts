import { createHash } from 'node:crypto'
import { SpillwayError } from '@spillway/message'
import { refusePromise } from '@spillway/message/internal'

/** The longest key of a message. */
const longest = 256

/**
 * A key of the `Idempotency-Key` header as the key of a message: the parts of its scope before it, the place in its
 * request behind it. Parts are percent-encoded, so that no two lists of parts make the same key; one that is too long
 * is hashed (SHA-256), with a `#` in front, which no encoded part has.
 *
 * @param place `0`, `1`, … for an item of a bulk request, `own/0`, … for a body of the handler's
 */
export function composeKey(parts: readonly string[], place: string | undefined): string {
  const encoded = parts.map((part) => encodeURIComponent(part.toWellFormed())).join(':')
  const key = place === undefined ? encoded : `${encoded}/${place}`
  return key.length <= longest ? key : `#${createHash('sha256').update(key).digest('hex')}`
}

/**
 * The parts of a scope.
 *
 * @throws SpillwayError `SPILLWAY_KEY_INVALID` when the app's function gave none: keys of all clients would be one.
 */
export function readScope(scope: unknown): readonly string[] {
  refusePromise('The option `scope` of enqueue', scope)
  const parts: readonly unknown[] = Array.isArray(scope) ? scope : [scope]
  if (parts.length > 0 && parts.every((part) => typeof part === 'string')) return parts
  throw new SpillwayError(
    'SPILLWAY_KEY_INVALID',
    'The option `scope` of enqueue has to return a string, or a list of one or more.',
  )
}
