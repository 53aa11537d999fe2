/** Whether a value is an object or a list. `typeof null` is `object` as well. */
export function isObject(value: unknown): value is Readonly<Record<PropertyKey, unknown>> {
  return typeof value === 'object' && value !== null
}
