/** How the database stores and compares the values of a conflict column. */
export interface KeyColumn {
  /** The type with its limits, for messages: `datetime(0)`. */
  readonly type: string
  /** The collation, if it treats different texts as equal. */
  readonly collation?: string | undefined
  /**
   * Whether the column stores a value unchanged. If it rounds, cuts or pads values, two of them may become one key.
   * Default: it stores all values unchanged.
   */
  holds?(value: unknown): boolean
}

/** For integer types, which round fractions. */
export function isInteger(value: unknown): boolean {
  if (typeof value === 'number') return Number.isInteger(value)
  return typeof value !== 'string' || /^\s*[+-]?\d+\s*$/.test(value)
}

const decimal = /^\s*[+-]?(\d*)\.?(\d*)(?:e([+-]?\d+))?\s*$/i

/** For numbers with at most this many digits after the point. A negative number means zeros before the point. */
export function hasDigits(most: number): (value: unknown) => boolean {
  return (value) => {
    if (typeof value !== 'number' && typeof value !== 'string') return true
    const parts = decimal.exec(String(value))
    if (parts === null) return typeof value === 'string' && /^\s*[+-]?(?:nan|inf(?:inity)?)\s*$/i.test(value)
    const [, whole = '', fraction = '', exponent = '0'] = parts
    const digits = `${whole}${fraction}`
    const zeros = digits.length - digits.replace(/0+$/, '').length
    return zeros === digits.length || fraction.length - zeros - Number(exponent) <= most
  }
}

/** For double precision: a number, or a text that JavaScript reads and writes unchanged. */
export function isDouble(value: unknown): boolean {
  if (typeof value !== 'string') return true
  const digits = value.replace(/e.*/i, '').replaceAll(/\D/g, '').replace(/^0+/, '')
  return digits.length <= 15 || String(Number(value)) === value.trim()
}

/** For times with at most this many fractional digits. */
export function hasSeconds(most: number): (value: unknown) => boolean {
  return (value) => {
    if (value instanceof Date) return most >= 3 || value.getTime() % 10 ** (3 - most) === 0
    if (typeof value !== 'string') return isInteger(value)
    const [, digits = ''] = /:\d\d?[.,](\d+)/.exec(value) ?? []
    return digits.replace(/0+$/, '').length <= most
  }
}

/** For dates: the column drops the time of day. */
export function isDay(value: unknown): boolean {
  if (value instanceof Date) {
    const midnight = new Date(value.getFullYear(), value.getMonth(), value.getDate())
    // Drivers use the date in local time, or in UTC if they are configured to.
    return value.getTime() === midnight.getTime() || value.getTime() % 86_400_000 === 0
  }
  const [time = ''] = /\d\d?:\d\d.*/.exec(String(value)) ?? []
  return !/[1-9]/.test(time.replace(/(?:[+-][\d:]+|z)\s*$/i, ''))
}

/** For a type that pads texts with spaces, and so ignores spaces at the end. */
export function hasNoSpaceAtEnd(value: unknown): boolean {
  return typeof value !== 'string' || !value.endsWith(' ')
}

/** For texts of at most this many characters: the column cuts trailing spaces and rejects longer texts. */
export function hasLength(most: number): (value: unknown) => boolean {
  return (value) => typeof value !== 'string' || hasNoSpaceAtEnd(value) || [...value].length <= most
}

/** For a type that pads bytes with zeros. */
export function hasBytes(count: number): (value: unknown) => boolean {
  return (value) => {
    if (typeof value === 'string') return Buffer.byteLength(value) === count
    return !ArrayBuffer.isView(value) || value.byteLength === count
  }
}

/**
 * The rule that a row violates if its key differs from another key in the table, but is equal to it by the collation.
 *
 * @param on the conflict columns
 */
export function equalByCollation(
  on: readonly string[],
  collationOf: (column: string) => string | undefined,
): string {
  const columns = on.map((column) => {
    const collation = collationOf(column)
    return collation === undefined ? `"${column}"` : `"${column}" (collation ${collation})`
  })
  return `the table has another key that the unique constraint of ${columns.join(', ')} treats as equal`
}
