/** Freezes the plain objects and arrays of a value, however deep. What else there is, a `Date` or a `Map`, stays. */
export function freeze<Value>(value: Value): Value {
  if (!isPlain(value)) return value
  // A stack of its own: a body may nest deeper than the machine's.
  const waiting: object[] = [value]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (Object.isFrozen(next)) continue
    Object.freeze(next)
    for (const inner of Object.values(next)) if (isPlain(inner)) waiting.push(inner)
  }
  return value
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
