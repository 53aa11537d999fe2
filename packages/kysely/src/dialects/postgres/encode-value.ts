import type { Value } from '../table.ts'
import { elementText } from './array-text.ts'
import { bytesValue } from './bytes-value.ts'
import { hasWholeMinutes, localText } from './date-text.ts'
import { instantText } from './instant-text.ts'
import type { DateText, PostgresType } from './postgres-facts.ts'

/**
 * Encodes a value for a statement as text, as node-postgres writes it. A `Date` for a `timestamptz`, a number for a
 * numeric type and bytes for a `bytea` are kept, because they need no text if the column is sent in binary form;
 * {@link valueText} makes their text.
 *
 * Dates are in local time with their offset, objects are JSON, and bytes are decoded as a plain insert would store
 * them, see {@link bytesValue}. One difference: an array for a `json` or `jsonb` column is JSON too, not an array
 * literal. A string for such a column is taken as JSON text, as by node-postgres.
 *
 * @param dateText writes a date as the driver does. Default: as node-postgres does without settings
 * @throws TypeError or RangeError for a value that has no text: a function, an invalid date, a circular object
 */
export function encodeValue(value: unknown, type: PostgresType, dateText: DateText = localText): Value {
  // Hot path: most values are texts, which are sent unchanged.
  if (typeof value === 'string') return value
  if (value === null || value === undefined) return null
  if (typeof value === 'number' && type.oid !== undefined && numbers.has(type.oid)) return value
  if (typeof value !== 'object') return type.json ? jsonText(value) : plainText(value, dateText)
  if (ArrayBuffer.isView(value)) return bytesValue(value, type)
  if (value instanceof Date && !type.json) return dateValue(value, type, dateText)
  if (Array.isArray(value) && (type.list || !type.json)) return arrayLiteral(value, type.json, dateText)
  if (type.json) return jsonText(value)
  if (hasToPostgres(value)) {
    return encodeValue(
      value.toPostgres((inner) => plainText(inner, dateText)),
      type,
      dateText,
    )
  }
  return stringify(value)
}

/** The text of an encoded value. */
export function valueText(value: Value): string | null {
  if (typeof value === 'string' || value === null) return value
  if (value instanceof Date) return instantText(value.getTime())
  return value instanceof Uint8Array ? hexText(value) : String(value)
}

function arrayLiteral(items: readonly unknown[], json: boolean, dateText: DateText): string {
  const texts = items.map((item) => {
    if (item === null || item === undefined) return 'NULL'
    if (json) return elementText(jsonText(item))
    if (Array.isArray(item)) return arrayLiteral(item, json, dateText)
    const text = plainText(item, dateText)
    return text === null ? 'NULL' : elementText(text)
  })
  return `{${texts.join(',')}}`
}

function jsonText(value: unknown): string {
  if (value instanceof Date) assertValid(value)
  // JSON.stringify would silently turn NaN into null.
  const plain = typeof value === 'string' || typeof value === 'bigint' || typeof value === 'number'
  return plain ? String(value) : stringify(value)
}

function plainText(value: unknown, dateText: DateText): string | null {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'object':
      return value === null ? null : objectText(value, dateText)
    default:
      throw new TypeError(`a ${typeof value} is not a value of a column`)
  }
}

function objectText(value: object, dateText: DateText): string | null {
  if (value instanceof Date) {
    assertValid(value)
    return dateText(value)
  }
  if (ArrayBuffer.isView(value)) return hexText(value)
  if (hasToPostgres(value)) {
    return plainText(value.toPostgres((inner) => plainText(inner, dateText)) ?? null, dateText)
  }
  return stringify(value)
}

/** An object that node-postgres converts by its method. */
interface ToPostgres {
  toPostgres(prepare: (value: unknown) => unknown): unknown
}

function hasToPostgres(value: object): value is ToPostgres {
  return 'toPostgres' in value && typeof value.toPostgres === 'function'
}

function hexText(bytes: ArrayBufferView): string {
  return `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`
}

function stringify(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'toOperationNode' in value) {
    throw new TypeError('a Kysely expression is not a value of a column')
  }
  // Its JSON would be `{}`.
  if (value instanceof Promise) throw new TypeError('a promise is not a value of a column')
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) throw new TypeError(`a ${typeof value} is not a value of a column`)
  return text
}

/** The types whose values are kept as numbers: `int2`, `int4`, `int8`, `float4` and `float8`. */
const numbers: ReadonlySet<number> = new Set([21, 23, 20, 700, 701])

/** The types that store an instant, regardless of the offset in the text. */
const instants: ReadonlySet<string> = new Set(['timestamp with time zone', 'timestamptz'])

/** The last millisecond of the years that ISO 8601 writes with four digits. */
const lastInstant = Date.parse('9999-12-31T23:59:59.999Z')

function dateValue(date: Date, type: PostgresType, dateText: DateText): Value {
  assertValid(date)
  const isInstant = instants.has(type.sqlType) && date.getTime() <= lastInstant && hasWholeMinutes(date)
  return isInstant ? date : dateText(date)
}

function assertValid(date: Date): void {
  if (Number.isNaN(date.getTime())) throw new RangeError('an invalid date is not a value of a column')
}
