import { type Issue, toPointer } from './issue.ts'

const unstorable = /[\0\uFFFE\uFFFF]/

/** No more issues than this are found: one is enough to refuse a body. */
const mostIssues = 100

/**
 * The places of a body that hold what a queue or a database cannot store: NUL (Postgres refuses it in `text` and in
 * `jsonb`), lone surrogates (no UTF-8 has them), U+FFFE and U+FFFF (SQS refuses them).
 *
 * Source: PostgreSQL documentation, "Character Types" and "JSON Types"; Amazon SQS API Reference, SendMessage.
 */
export function findUnstorable(body: unknown): readonly Issue[] {
  // Nearly every body has none: where each of its texts is, is nobody's matter then.
  return isStorableThroughout(body) ? [] : findPlaces(body)
}

/** More than a body of 1 MiB has: one of a handler's own may hold itself, and has no end. */
const mostValues = 1_000_000

/** Whether all texts and names can be stored; `false` also for a body that has no end. */
function isStorableThroughout(body: unknown): boolean {
  // A stack of its own: a body may nest deeper than the machine's.
  const waiting = [body]
  for (let count = 0; waiting.length > 0; count++) {
    const value = waiting.pop()
    if (count + waiting.length > mostValues) return false
    if (typeof value === 'string') {
      if (!isStorable(value)) return false
    } else if (typeof value === 'object' && value !== null) {
      const names = Array.isArray(value) ? [] : Object.keys(value)
      for (const part of [names, Object.values(value)]) for (const inner of part) waiting.push(inner)
    }
  }
  return true
}

function findPlaces(body: unknown): readonly Issue[] {
  const issues: Issue[] = []
  const seen = new Set<unknown>()
  const waiting: { readonly value: unknown; readonly place: Place }[] = [{ value: body, place: undefined }]
  for (let next = waiting.pop(); next !== undefined && issues.length < mostIssues; next = waiting.pop()) {
    const { value, place } = next
    if (typeof value === 'string') {
      if (!isStorable(value)) issues.push({ path: pathOf(place), message: `The text holds ${nameOf(value)}` })
    } else if (typeof value === 'object' && value !== null && !seen.has(value)) {
      seen.add(value)
      for (const [key, inner] of Object.entries(value).reverse()) {
        const inside = { key, within: place }
        if (isStorable(key)) waiting.push({ value: inner, place: inside })
        else issues.push({ path: pathOf(inside), message: `The name holds ${nameOf(key)}` })
      }
    }
  }
  return issues
}

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
