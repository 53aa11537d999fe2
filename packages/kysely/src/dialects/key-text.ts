import type { ColumnType, Value } from './table.ts'

/** Types whose values are equal if and only if their texts are. */
const texts: ReadonlySet<string> = new Set([
  ...['text', 'character varying', 'character', 'bpchar', 'bytea', 'boolean', 'name'],
  ...['char', 'varchar', 'tinytext', 'mediumtext', 'longtext', 'binary', 'varbinary', 'citext'],
])

const integers: ReadonlySet<string> = new Set([
  ...['smallint', 'integer', 'bigint', 'int2', 'int4', 'int8'],
  ...['tinyint', 'mediumint', 'int'],
])

/** Whether {@link keyOf} gives equal values of a column the same text. */
export function hasPlainKeys(type: ColumnType | undefined): boolean {
  const name = type?.sqlType ?? ''
  return texts.has(name) || integers.has(name) || name === 'uuid'
}

/** The text of the values at these positions. Rows with equal keys have equal texts if {@link hasPlainKeys} is true. */
export function keyOf(
  values: readonly Value[],
  places: readonly number[],
  types: readonly ColumnType[],
): string {
  const [only = 0] = places
  if (places.length === 1) return keyText(values[only] ?? null, types[only])
  return JSON.stringify(places.map((place) => keyText(values[place] ?? null, types[place])))
}

function keyText(value: Value, type: ColumnType | undefined): string {
  if (typeof value === 'string') return plainText(value, type?.sqlType ?? '')
  if (value instanceof Date) return value.toISOString()
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value)
}

const plainUuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/
const plainInteger = /^(?:0|-?[1-9]\d*)$/
const integer = /^\s*([+-]?)0*(\d+)\s*$/

/** Normalizes a `uuid` or an integer: the database reads several texts as the same value. */
function plainText(text: string, type: string): string {
  if (type === 'uuid' && !plainUuid.test(text)) {
    return text
      .toLowerCase()
      .replaceAll(/[{}-]/g, '')
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  }
  if (integers.has(type) && !plainInteger.test(text)) {
    return text.replace(integer, (_, sign: string, digits: string) =>
      sign === '-' && digits !== '0' ? `-${digits}` : digits,
    )
  }
  return text
}
