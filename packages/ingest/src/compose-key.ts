import { createHash } from 'node:crypto'
import { SpillwayError } from '@spillway/message'
import { refusePromise } from '@spillway/message/internal'

/** The longest key of a message. */
const longest = 256

/**
 * The key of a message that takes its key from the `Idempotency-Key` header: scope, header, and the place in the
 * request. The parts are percent-encoded, so that different lists of parts give different keys. A key that is too long
 * is replaced by its SHA-256 with a `#` before it; an encoded part never contains `#`.
 *
 * @param parts the parts of the scope, then the key in the header
 * @param place `0`, `1`, … for an item of a bulk request; `own/0`, … for a body that the handler made
 */
export function composeKey(parts: readonly string[], place: string | undefined): string {
  const encoded = parts.map((part) => encodeURIComponent(part.toWellFormed())).join(':')
  const key = place === undefined ? encoded : `${encoded}/${place}`
  return key.length <= longest ? key : `#${createHash('sha256').update(key).digest('hex')}`
}

/**
 * The parts of a scope.
 *
 * @throws SpillwayError `SPILLWAY_KEY_INVALID` when the function of the app returns something else: all clients would
 * share their keys.
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
