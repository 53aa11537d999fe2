import { isObject } from '@spillway/message/internal'
import { isPlainContainer } from './inspect-body.ts'

/**
 * Remembers what values hold, however deep, and tells whether they still hold that. Of what is neither a plain object
 * nor a list, a `Date` is looked into; a `Map` or an instance of a class is known by its identity.
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

/** From how many objects on it is looked whether one comes again: few bodies have as many, and none of JSON is circular. */
const fewObjects = 50

/** Each value, how many items or names it has, and the names. */
function flatten(values: readonly unknown[]): readonly unknown[] {
  const parts: unknown[] = []
  // A stack of its own: a body may nest deeper than the machine's. Only what holds others waits.
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
