import type { Issue } from '@spillway/message'
import { isObject, isStorable, toPointer, unstorableCharacter } from '@spillway/message/internal'
import { type Place, tokensOf } from './place.ts'

/** The search stops after this many issues: one is enough to reject a body. */
const mostIssues = 100

/** What is known of a body before it is sent. */
export interface Inspection {
  /**
   * Whether JSON holds the body exactly: storable texts, finite numbers, safe integers, booleans, `null`, and plain
   * lists and objects of them. Any other body has to go through JSON to know what is sent.
   */
  readonly plain: boolean
  /** The places that cannot be stored; see {@link findUnstorable}. */
  readonly issues: readonly Issue[]
}

/** The message of an issue for an integer that JavaScript changes. */
export const inexact = 'The integer is beyond 2^53 - 1, where different integers become the same number'

/** Whether a number beyond 2^53 - 1 is the integer that its sender wrote: different integers become the same number. */
export type IsExact = (tokens: readonly PropertyKey[], value: number) => boolean

const plainBody: Inspection = Object.freeze({ plain: true, issues: [] })

/**
 * Whether an object or a list could come from a JSON parser: it is not an instance of a class. An object of another
 * realm counts as an instance.
 */
export function isPlainContainer(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null
}

/** Checks each value of a body once. */
export function inspectBody(body: unknown, isExact?: IsExact): Inspection {
  // Nearly every body is valid, and then the positions of its values are not needed.
  return isPlainThroughout(body) ? plainBody : { plain: false, issues: findPlaces(body, isExact) }
}

/**
 * The places of a body that a queue or a database cannot store: NUL (Postgres rejects it in `text` and `jsonb`), lone
 * surrogates (UTF-8 cannot encode them), U+FFFE and U+FFFF (SQS rejects them), and numbers that are not finite, `1e400`
 * for example (JSON turns them into `null`). With `isExact` also integers that the parser changed.
 *
 * Source: PostgreSQL documentation, "Character Types" and "JSON Types"; Amazon SQS API Reference, SendMessage.
 */
export function findUnstorable(body: unknown, isExact?: IsExact): readonly Issue[] {
  return inspectBody(body, isExact).issues
}

/** More values than a body of 10 MiB has. A body that a handler made may be circular. */
const mostValues = 6_000_000

/** Whether JSON holds a body exactly; `false` for a circular body as well. */
function isPlainThroughout(body: unknown): boolean {
  if (!isObject(body)) return isPlainValue(body)
  // No recursion: a body may nest deeper than the call stack. Only lists and objects wait: a body may be one long list.
  const waiting: object[] = [body]
  for (let count = 0; waiting.length > 0; count++) {
    if (count + waiting.length > mostValues) return false
    const value = waiting.pop() as Readonly<Record<string, unknown>>
    if (!isPlainContainer(value) || value.toJSON !== undefined) return false
    // `for … of` visits the holes of a list as well, as `undefined`.
    if (Array.isArray(value)) {
      for (const inner of value) if (!take(inner)) return false
    } else {
      for (const name of Object.keys(value)) if (!isStorable(name) || !take(value[name])) return false
    }
  }
  return true

  function take(inner: unknown): boolean {
    if (!isObject(inner)) return isPlainValue(inner)
    waiting.push(inner)
    return true
  }
}

function isPlainValue(value: unknown): boolean {
  if (typeof value === 'string') return isStorable(value)
  if (typeof value === 'number') return isSafe(value)
  return typeof value === 'boolean' || value === null
}

/** Whether no other integer becomes the same number; `false` for a number that is not finite. */
function isSafe(value: number): boolean {
  return value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER
}

function findPlaces(body: unknown, isExact: IsExact | undefined): readonly Issue[] {
  const issues: Issue[] = []
  const seen = new Set<unknown>()
  const waiting: { readonly value: unknown; readonly place: Place }[] = [{ value: body, place: undefined }]
  for (let next = waiting.pop(); next !== undefined && issues.length < mostIssues; next = waiting.pop()) {
    const { value, place } = next
    if (!isObject(value)) {
      const message = faultOf(value, place, isExact)
      if (message !== undefined) issues.push({ path: toPointer(tokensOf(place)), message })
      continue
    }
    if (seen.has(value)) continue
    seen.add(value)
    const wait = (inner: unknown, key: PropertyKey) => {
      if (isObject(inner) || !isPlainValue(inner))
        waiting.push({ value: inner, place: { key, within: place } })
    }
    // In reverse order, so that the first one is on top of the stack.
    if (Array.isArray(value)) {
      for (let index = value.length - 1; index >= 0; index--) wait(value[index], index)
    } else {
      for (const key of Object.keys(value).reverse()) {
        const inside = { key, within: place }
        if (isStorable(key)) wait(value[key], key)
        else issues.push({ path: toPointer(tokensOf(inside)), message: `The name holds ${nameOf(key)}` })
      }
    }
  }
  return issues
}

function faultOf(value: unknown, place: Place, isExact: IsExact | undefined): string | undefined {
  if (typeof value === 'string') return isStorable(value) ? undefined : `The text holds ${nameOf(value)}`
  if (typeof value !== 'number' || isSafe(value)) return undefined
  if (!Number.isFinite(value)) return 'The number is not finite, which JSON cannot hold'
  return isExact === undefined || isExact(tokensOf(place), value)
    ? undefined
    : `${inexact}: send it as a string`
}

function nameOf(text: string): string {
  const [found] = unstorableCharacter.exec(text) ?? []
  if (found === undefined) return 'a lone surrogate, which UTF-8 cannot encode'
  return found === '\0'
    ? 'U+0000 (NUL), which a database cannot store'
    : `U+${found.charCodeAt(0).toString(16).toUpperCase()}, which a queue cannot hold`
}
