import type { Value } from '../table.ts'

/**
 * A value for a driver that sends values rather than texts: objects and arrays as JSON, booleans as 0 and 1, dates and
 * bigints as they are. A bigint as text would be other bits for a `bit(8)`. Nothing is left for the driver to unfold: mysql2
 * would make assignments of an object.
 *
 * @throws TypeError or RangeError for a value that no column can hold: a function, `NaN`, an invalid date, a circular
 * object
 */
export function plainValue(value: unknown): Value {
  switch (typeof value) {
    case 'string':
    case 'bigint':
      return value
    case 'boolean':
      return value ? 1 : 0
    case 'number':
      if (!Number.isFinite(value))
        throw new RangeError('a number that is not finite is not a value of a column')
      return value
    case 'undefined':
      return null
    case 'object':
      return value === null ? null : objectValue(value)
    default:
      throw new TypeError(`a ${typeof value} is not a value of a column`)
  }
}

function objectValue(value: object): Value {
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw new RangeError('an invalid date is not a value of a column')
    return value
  }
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  if ('toOperationNode' in value) {
    throw new TypeError('an expression of Kysely is not a value of a column')
  }
  // Its JSON would be `{}`.
  if (value instanceof Promise) throw new TypeError('a promise is not a value of a column')
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) throw new TypeError('an object without JSON is not a value of a column')
  return text
}
