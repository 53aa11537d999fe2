import type { Value } from '../table.ts'
import { dateParts, microsOf } from './binary-instant.ts'

/** A type whose binary form has a fixed length. */
export interface Fixed {
  /** Bytes. */
  readonly size: number
  /** Writes a value; returns `false` if only the server can decide whether the value is valid. */
  write(value: Value, into: DataView, at: number): boolean
}

/** The codecs of the types by their OID. */
export const fixedCodecs: ReadonlyMap<number, Fixed> = new Map([
  [16, { size: 1, write: writeBool }],
  [21, integer(2, 2 ** 15, (view, at, number) => view.setInt16(at, number))],
  [23, integer(4, 2 ** 31, (view, at, number) => view.setInt32(at, number))],
  [20, { size: 8, write: writeInt8 }],
  [700, { size: 4, write: writeFloat4 }],
  [701, { size: 8, write: writeFloat8 }],
  [2950, { size: 16, write: writeUuid }],
  [1082, { size: 4, write: writeDate }],
  [1114, { size: 8, write: (value, view, at) => writeInstant(value, view, at, false) }],
  [1184, { size: 8, write: (value, view, at) => writeInstant(value, view, at, true) }],
])

function writeBool(value: Value, view: DataView, at: number): boolean {
  const isTrue = value === 'true' || value === 't'
  view.setUint8(at, isTrue ? 1 : 0)
  return isTrue || value === 'false' || value === 'f'
}

const digits = /^-?\d{1,15}$/

function integer(
  size: number,
  range: number,
  set: (view: DataView, at: number, number: number) => void,
): Fixed {
  return {
    size,
    write(value, view, at) {
      const number = wholeOf(value)
      if (!(number >= -range && number < range)) return false
      set(view, at, number)
      return true
    },
  }
}

/** A whole number that JavaScript holds exactly, or NaN. */
function wholeOf(value: Value): number {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : Number.NaN
  return typeof value === 'string' && digits.test(value) ? Number(value) : Number.NaN
}

function writeInt8(value: Value, view: DataView, at: number): boolean {
  const number = wholeOf(value)
  if (!Number.isNaN(number)) {
    setInt64(view, at, number)
    return true
  }
  if (typeof value !== 'string' || !/^-?\d{1,19}$/.test(value)) return false
  const large = BigInt(value)
  if (BigInt.asIntN(64, large) !== large) return false
  view.setBigInt64(at, large)
  return true
}

const decimal = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?$/

/**
 * The number that the server would read from the value's text, or `undefined`. The text of -0 is `0` in JavaScript and
 * `-0` in Postgres.
 */
function realOf(value: Value): number | undefined {
  if (typeof value === 'number') return value + 0
  if (typeof value !== 'string') return undefined
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value)
  if (!decimal.test(value)) return undefined
  const number = Number(value)
  // The server refuses numbers that are too large or too small for the type.
  if (!Number.isFinite(number) || (number === 0 && !/^-?0+(?:\.0+)?$/.test(value))) return undefined
  return number
}

function writeFloat8(value: Value, view: DataView, at: number): boolean {
  const number = realOf(value)
  if (number === undefined) return false
  view.setFloat64(at, number)
  return true
}

/** The smallest number that a `float4` stores with full precision. */
const leastNormal = 2 ** -126

const scratch = new DataView(new ArrayBuffer(8))

function writeFloat4(value: Value, view: DataView, at: number): boolean {
  const number = realOf(value)
  if (number === undefined) return false
  view.setFloat32(at, number)
  if (!Number.isFinite(number) || number === 0) return true
  if (!Number.isFinite(view.getFloat32(at)) || Math.abs(number) < leastNormal) return false
  // Halfway between two `float4` values, the double does not show which of them is nearer to the text.
  scratch.setFloat64(0, number)
  return (scratch.getUint32(4) & 0x1fff_ffff) !== 0x1000_0000
}

/** The value of each hexadecimal digit by its code. */
const hex = new Int8Array(128).fill(-1)
for (const [value, digit] of [...'0123456789abcdef'].entries()) {
  hex[digit.charCodeAt(0)] = value
  hex[digit.toUpperCase().charCodeAt(0)] = value
}

function writeUuid(value: Value, view: DataView, at: number): boolean {
  // The server also accepts braces and other groups.
  if (typeof value !== 'string' || value.length !== 36) return false
  let place = 0
  let all = 0
  for (let index = 0; index < 16; index += 1) {
    if (index === 4 || index === 6 || index === 8 || index === 10) {
      if (value.charCodeAt(place) !== 45) return false
      place += 1
    }
    const high = value.charCodeAt(place)
    const low = value.charCodeAt(place + 1)
    if ((high | low) > 127) return false
    const byte = ((hex[high] as number) << 4) | (hex[low] as number)
    all |= byte
    view.setUint8(at + index, byte)
    place += 2
  }
  return all >= 0
}

function writeDate(value: Value, view: DataView, at: number): boolean {
  const parts = typeof value === 'string' ? dateParts(value) : undefined
  if (parts === undefined) return false
  view.setInt32(at, parts.day)
  return true
}

function writeInstant(value: Value, view: DataView, at: number, isInstant: boolean): boolean {
  const micros = value instanceof Date ? sinceEpoch(value) : microsOf(value, isInstant)
  if (micros === undefined) return false
  if (typeof micros === 'bigint') view.setBigInt64(at, micros)
  else setInt64(view, at, micros)
  return true
}

function sinceEpoch(date: Date): number | bigint {
  const millis = date.getTime() - epoch
  const micros = millis * 1000
  return Number.isSafeInteger(micros) ? micros : BigInt(millis) * 1000n
}

/** The epoch of Postgres. */
const epoch = Date.UTC(2000, 0, 1)

/** Writes a whole number that JavaScript holds exactly, as 64 bits. */
function setInt64(view: DataView, at: number, number: number): void {
  view.setInt32(at, Math.floor(number / 2 ** 32))
  view.setInt32(at + 4, number % 2 ** 32)
}
