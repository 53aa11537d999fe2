import { isPlainContainer } from '@spillway/message/internal'

/**
 * Remembers what values hold, however deep, and tells whether they still hold that. Of what is neither a plain object
 * nor a list, a `Date` is looked into; a `Map` or an instance of a class is known by its identity.
 */
export function snapshot(values: readonly unknown[]): () => boolean {
  const before = flatten(values)
  return function unchanged() {
    const after = flatten(values)
    return after.length === before.length && after.every((part, place) => Object.is(part, before[place]))
  }
}

function flatten(values: readonly unknown[]): readonly unknown[] {
  const parts: unknown[] = []
  const seen = new Set<object>()
  // A stack of its own: a body may nest deeper than the machine's.
  const waiting: unknown[] = [...values]
  while (waiting.length > 0) {
    const value = waiting.pop()
    parts.push(value)
    if (typeof value !== 'object' || value === null || seen.has(value)) continue
    seen.add(value)
    if (value instanceof Date) parts.push(value.getTime())
    if (!isPlainContainer(value)) continue
    const names = Object.keys(value)
    parts.push(names.length)
    for (const name of names) {
      parts.push(name)
      waiting.push((value as Record<string, unknown>)[name])
    }
  }
  return parts
}
