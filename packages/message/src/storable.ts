import { type Issue, toPointer } from './issue.ts'

const unstorable = /[\0\uFFFE\uFFFF]/

/** No more issues than this are found: one is enough to refuse a body. */
const mostIssues = 100

/**
 * The places of a body that hold what a queue or a database cannot store: NUL (Postgres refuses it in `text` and in
 * `jsonb`), lone surrogates (no UTF-8 has them), U+FFFE and U+FFFF (SQS refuses them), and numbers that are not finite,
 * `1e400` for example (JSON would make `null` of them).
 *
 * Source: PostgreSQL documentation, "Character Types" and "JSON Types"; Amazon SQS API Reference, SendMessage.
 */
export function findUnstorable(body: unknown): readonly Issue[] {
  // Nearly every body has none: where each of its values is, is nobody's matter then.
  return isStorableThroughout(body) ? [] : findPlaces(body)
}

/** More than a body of 10 MiB has: one of a handler's own may hold itself, and has no end. */
const mostValues = 6_000_000

/** Whether all texts, names and numbers can be stored; `false` also for a body that has no end. */
function isStorableThroughout(body: unknown): boolean {
  if (!isObject(body)) return isStorableValue(body)
  // A stack of its own: a body may nest deeper than the machine's. Only what holds others waits: a body may be one list.
  const waiting: object[] = [body]
  for (let count = 0; waiting.length > 0; count++) {
    if (count + waiting.length > mostValues) return false
    const value = waiting.pop() as object
    const list = Array.isArray(value)
    if (!list && !Object.keys(value).every(isStorable)) return false
    for (const inner of list ? value : Object.values(value)) {
      if (isObject(inner)) waiting.push(inner)
      else if (!isStorableValue(inner)) return false
    }
  }
  return true
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isStorableValue(value: unknown): boolean {
  if (typeof value === 'string') return isStorable(value)
  return typeof value !== 'number' || Number.isFinite(value)
}

function findPlaces(body: unknown): readonly Issue[] {
  const issues: Issue[] = []
  const seen = new Set<unknown>()
  const waiting: { readonly value: unknown; readonly place: Place }[] = [{ value: body, place: undefined }]
  for (let next = waiting.pop(); next !== undefined && issues.length < mostIssues; next = waiting.pop()) {
    const { value, place } = next
    if (!isObject(value)) {
      const message = typeof value === 'string' ? `The text holds ${nameOf(value)}` : notFinite
      if (!isStorableValue(value)) issues.push({ path: pathOf(place), message })
      continue
    }
    if (seen.has(value)) continue
    seen.add(value)
    // The first goes on top.
    if (Array.isArray(value)) {
      for (let index = value.length - 1; index >= 0; index--) wait(value[index], index)
    } else {
      for (const key of Object.keys(value).reverse()) {
        const inside = { key, within: place }
        if (isStorable(key)) wait((value as Record<string, unknown>)[key], key)
        else issues.push({ path: pathOf(inside), message: `The name holds ${nameOf(key)}` })
      }
    }

    function wait(inner: unknown, key: PropertyKey): void {
      if (isObject(inner) || !isStorableValue(inner))
        waiting.push({ value: inner, place: { key, within: place } })
    }
  }
  return issues
}

const notFinite = 'The number is not finite, which JSON cannot hold'

type Place = { readonly key: PropertyKey; readonly within: Place } | undefined

/** Whether a text has none of what {@link findUnstorable} finds. */
export function isStorable(text: string): boolean {
  return !unstorable.test(text) && text.isWellFormed()
}

function pathOf(place: Place): string {
  const tokens: PropertyKey[] = []
  for (let at = place; at !== undefined; at = at.within) tokens.push(at.key)
  return toPointer(tokens.reverse())
}

function nameOf(text: string): string {
  const [found] = unstorable.exec(text) ?? []
  if (found === undefined) return 'a lone surrogate, which no UTF-8 has'
  return found === '\0'
    ? 'U+0000 (NUL), which a database cannot store'
    : `U+${found.charCodeAt(0).toString(16).toUpperCase()}, which a queue cannot hold`
}
