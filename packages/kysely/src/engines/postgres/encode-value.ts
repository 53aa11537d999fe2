import { elementText } from './array-text.ts'
import { instantText } from './instant-text.ts'

/** The facts of a column that decide how a value travels. */
export interface ColumnType {
  /** The type as SQL, without its modifier: `character varying` rather than `character varying(64)`. */
  readonly sqlType: string
  /**
   * Whether an array of the type can be a parameter: false for array types, because `unnest` flattens them, and for
   * composite types, because it makes a column of each field.
   */
  readonly unnestable: boolean
  /** Whether the type is an array. */
  readonly list: boolean
  /** Whether the type, or that of its elements, is `json` or `jsonb`. */
  readonly json: boolean
}

/**
 * A value as Postgres's text input, the way node-postgres writes it: dates in local time with their offset (in UTC for
 * a `timestamptz`, which is the same there), bytes in hex, objects as JSON.
 *
 * One difference: an array for a `json` or `jsonb` column is JSON too, not an array literal. A string for such a
 * column is taken as JSON text, as node-postgres does.
 *
 * @throws TypeError or RangeError for a value without a text: a function, an invalid date, a circular object
 */
export function encodeValue(value: unknown, type: ColumnType): string | null {
  // Most values are texts, and a text is one of any type.
  if (typeof value === 'string') return value
  if (value === null || value === undefined) return null
  if (value instanceof Date && instants.has(type.sqlType)) return instantOf(value)
  if (Array.isArray(value) && (type.list || !type.json)) return arrayLiteral(value, type.json)
  return type.json ? jsonText(value) : plainText(value)
}

function arrayLiteral(items: readonly unknown[], json: boolean): string {
  const texts = items.map((item) => {
    if (item === null || item === undefined) return 'NULL'
    if (json) return elementText(jsonText(item))
    if (Array.isArray(item)) return arrayLiteral(item, json)
    const text = plainText(item)
    return text === null ? 'NULL' : elementText(text)
  })
  return `{${texts.join(',')}}`
}

function jsonText(value: unknown): string {
  if (value instanceof Date) assertValid(value)
  // Not by JSON.stringify, which would turn NaN into null without a word.
  const plain = typeof value === 'string' || typeof value === 'bigint' || typeof value === 'number'
  return plain ? String(value) : stringify(value)
}

function plainText(value: unknown): string | null {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'object':
      return value === null ? null : objectText(value)
    default:
      throw new TypeError(`a ${typeof value} is not a value of a column`)
  }
}

function objectText(value: object): string | null {
  if (value instanceof Date) return dateText(value)
  if (ArrayBuffer.isView(value)) {
    return `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`
  }
  if ('toPostgres' in value && typeof value.toPostgres === 'function') {
    return plainText(value.toPostgres(plainText) ?? null)
  }
  return stringify(value)
}

function stringify(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'toOperationNode' in value) {
    throw new TypeError('an expression of Kysely is not a value of a column')
  }
  // Its JSON would be `{}`.
  if (value instanceof Promise) throw new TypeError('a promise is not a value of a column')
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) throw new TypeError(`a ${typeof value} is not a value of a column`)
  return text
}

/** The types that keep an instant, whatever the offset that it is written with. */
const instants: ReadonlySet<string> = new Set(['timestamp with time zone', 'timestamptz'])

/** The first and the last millisecond of the years that ISO 8601 writes with four digits and Postgres knows as AD. */
const firstInstant = Date.parse('0001-01-01T00:00:00.000Z')
const lastInstant = Date.parse('9999-12-31T23:59:59.999Z')

function instantOf(date: Date): string {
  assertValid(date)
  const time = date.getTime()
  return time >= firstInstant && time <= lastInstant ? instantText(time) : dateText(date)
}

// Local time with its offset: `timestamp` and `date` columns drop the offset, and node-postgres reads them as local.
function dateText(date: Date): string {
  assertValid(date)
  const offset = -date.getTimezoneOffset()
  const local = new Date(date.getTime() + offset * 60_000)
  const year = local.getUTCFullYear()
  const minutes = Math.abs(offset)
  const zone = `${offset < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60), 2)}:${pad(minutes % 60, 2)}`
  const text = local.toISOString()
  if (year >= 1 && year <= 9_999) return `${text.slice(0, 23)}${zone}`
  // ISO 8601 has a sign and six digits for these, and a year 0, which Postgres calls 1 BC.
  return `${pad(year < 1 ? 1 - year : year, 4)}${text.slice(7, 26)}${zone}${year < 1 ? ' BC' : ''}`
}

function pad(number: number, length: number): string {
  return String(number).padStart(length, '0')
}

function assertValid(date: Date): void {
  if (Number.isNaN(date.getTime())) throw new RangeError('an invalid date is not a value of a column')
}
