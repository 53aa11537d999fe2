import { isPlainContainer } from '@spillway/message/internal'

/**
 * Remembers what values hold, however deep, and tells whether they still hold that. Of what is neither a plain object
 * nor a list, a `Date` is looked into; a `Map` or an instance of a class is known by its identity.
 */
export function snapshot(values: readonly unknown[]): () => boolean {
  const before: unknown[] = []
  walk(values, (part) => before.push(part) > 0)
  return function unchanged() {
    let place = 0
    return walk(values, (part) => Object.is(part, before[place++])) && place === before.length
  }
}

/** Visits each value, the names of objects and how many they are, until a visit says no. */
function walk(values: readonly unknown[], visit: (part: unknown) => boolean): boolean {
  const seen = new Set<object>()
  // A stack of its own: a body may nest deeper than the machine's. Only what holds others waits.
  const waiting: object[] = []
  for (const value of values) if (!meet(value)) return false
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (Array.isArray(next)) {
      if (!visit(next.length)) return false
      for (const item of next) if (!meet(item)) return false
      continue
    }
    const names = Object.keys(next)
    if (!visit(names.length)) return false
    for (const name of names) {
      if (!visit(name) || !meet((next as Readonly<Record<string, unknown>>)[name])) return false
    }
  }
  return true

  function meet(value: unknown): boolean {
    if (!visit(value)) return false
    if (typeof value !== 'object' || value === null || seen.has(value)) return true
    seen.add(value)
    if (isPlainContainer(value)) waiting.push(value)
    else if (value instanceof Date) return visit(value.getTime())
    return true
  }
}
