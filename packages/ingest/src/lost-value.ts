import { isObject, toPointer } from '@spillway/message/internal'
import { type Place, tokensOf } from './place.ts'

/** A value that JSON drops or empties. */
export interface LostValue {
  /** JSON Pointer (RFC 6901) to the place. */
  readonly path: string
  /** What it is, for example `Map`. */
  readonly kind: string
}

/**
 * The first value of a body that JSON would lose silently: a `Set`, a `Map` or bytes, which it turns into other
 * objects;
 * `undefined` or a function in a list, which it turns into `null`; a symbol or a bigint. A value with a `toJSON`, a `Date`
 * for example, is not lost, nor is a name whose value is `undefined`.
 */
export function findLost(body: unknown): LostValue | undefined {
  const seen = new Set<object>()
  const waiting: { readonly value: unknown; readonly place: Place; readonly listed: boolean }[] = [
    { value: body, place: undefined, listed: false },
  ]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, place, listed } = next
    const kind = kindOf(value, listed)
    if (kind !== undefined) return { path: toPointer(tokensOf(place)), kind }
    if (!isObject(value) || seen.has(value) || hasJson(value)) continue
    seen.add(value)
    const list = Array.isArray(value)
    for (const key of list ? value.keys() : Object.keys(value)) {
      const inner = value[key]
      // Texts and numbers do not wait: a list may be long.
      if (isObject(inner) || kindOf(inner, list) !== undefined)
        waiting.push({ value: inner, place: { key, within: place }, listed: list })
    }
  }
  return undefined
}

function kindOf(value: unknown, listed: boolean): string | undefined {
  if (typeof value === 'symbol' || (typeof value === 'bigint' && !hasJson(value))) return typeof value
  if (listed && (value === undefined || typeof value === 'function')) return `${typeof value} in a list`
  if (!isObject(value) || hasJson(value) || !isEmptied(value)) return undefined
  return value.constructor?.name || 'instance of a class'
}

/** Whether the JSON of an object would not have its contents. */
function isEmptied(value: object): boolean {
  if (ArrayBuffer.isView(value)) return true
  if (Array.isArray(value) || isWrapper(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  // A plain object, of this realm or another one.
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return false
  return Object.keys(value).length === 0
}

/** `new String('a')` and the like have the JSON of their value. */
function isWrapper(value: object): boolean {
  return value instanceof String || value instanceof Number || value instanceof Boolean
}

function hasJson(value: object | bigint): boolean {
  return typeof (value as { readonly toJSON?: unknown }).toJSON === 'function'
}
