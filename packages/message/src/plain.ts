/** Whether a value is an object or a list: `typeof null` is `object`, too. */
export function isObject(value: unknown): value is Readonly<Record<PropertyKey, unknown>> {
  return typeof value === 'object' && value !== null
}

/**
 * Whether an object or a list is what a parser of JSON makes: not an instance of a class. One of another realm counts as
 * an instance.
 */
export function isPlainContainer(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null
}
