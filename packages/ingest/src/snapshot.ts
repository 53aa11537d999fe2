import { isObject } from '@spillway/message/internal'
import { isPlainContainer } from './inspect-body.ts'

/**
 * Remembers the contents of values, at any depth. The returned function tells whether they are unchanged. Plain
 * objects, lists and `Date`s are compared by their contents; a `Map` or an instance of a class is compared by identity.
 */
export function snapshot(values: readonly unknown[]): () => boolean {
  const before = flatten(values)
  return function unchanged() {
    const after = flatten(values)
    if (after.length !== before.length) return false
    for (let place = 0; place < after.length; place++) {
      if (!Object.is(after[place], before[place])) return false
    }
    return true
  }
}

/**
 * Repeated objects are only detected after this many: few bodies have as many, and a body from JSON is never circular.
 */
const fewObjects = 50

/** All values as one list: each value, the number of its items or names, and the names. */
function flatten(values: readonly unknown[]): readonly unknown[] {
  const parts: unknown[] = []
  // No recursion: a body may nest deeper than the call stack. Only lists and objects wait.
  const waiting: object[] = []
  const seen = new Set<object>()
  let objects = 0
  for (const value of values) meet(value)
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (++objects > fewObjects) {
      if (seen.has(next)) continue
      seen.add(next)
    }
    if (Array.isArray(next)) {
      parts.push(next.length)
      for (const item of next) meet(item)
    } else {
      const names = Object.keys(next)
      parts.push(names.length)
      for (const name of names) {
        parts.push(name)
        meet((next as Readonly<Record<string, unknown>>)[name])
      }
    }
  }
  return parts

  function meet(value: unknown): void {
    parts.push(value)
    if (!isObject(value)) return
    if (isPlainContainer(value)) waiting.push(value)
    else if (value instanceof Date) parts.push(value.getTime())
  }
}
