import type { Value } from '../table.ts'

/**
 * Converts a value for a driver that sends values rather than texts: objects and arrays to JSON, booleans to 0 and 1.
 * Dates and bigints are kept: a bigint as text would be other bits for a `bit(8)`. No object is left for the driver,
 * because mysql2 would turn its properties into assignments.
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
    throw new TypeError('a Kysely expression is not a value of a column')
  }
  // Its JSON would be `{}`.
  if (value instanceof Promise) throw new TypeError('a promise is not a value of a column')
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined)
    throw new TypeError('an object that JSON cannot represent is not a value of a column')
  return text
}
