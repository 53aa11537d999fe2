import type { Row } from '../table.ts'
import { type Fixed, fixedCodecs } from './binary-fixed.ts'

/** Bytes before the elements: dimensions, whether there are nulls, type, length, first index. */
const header = 20
/** Bytes of the length of an element, which is -1 for a null. */
const prefix = 4

/** The types whose binary form is their text, by OID, with the number of bytes before the text. */
const textTypes: ReadonlyMap<number, number> = new Map([
  [25, 0],
  [114, 0],
  [1042, 0],
  [1043, 0],
  // A version number.
  [3802, 1],
])
const bytea = 17

/**
 * The values of a column as an array in Postgres's binary form, which the server reads without parsing a literal.
 *
 * Each value is the same as in its text form. Returns `undefined` for a type without a codec here, and if a value
 * may be invalid or has a form that only the server can read: then the array is sent as text.
 *
 * Source: `array_recv` of PostgreSQL, the same since 7.4.
 */
export function binaryArray(rows: readonly Row[], index: number, oid: number): Buffer | undefined {
  const fixed = fixedCodecs.get(oid)
  if (fixed !== undefined) return fixedArray(rows, index, oid, fixed)
  const version = textTypes.get(oid)
  if (version !== undefined) return textArray(rows, index, oid, version)
  return oid === bytea ? bytesArray(rows, index) : undefined
}

function fixedArray(
  rows: readonly Row[],
  index: number,
  oid: number,
  { size, write }: Fixed,
): Buffer | undefined {
  const bytes = Buffer.allocUnsafe(header + rows.length * (prefix + size))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = header
  let nulls = 0
  for (const { values } of rows) {
    const value = values[index] ?? null
    if (value === null) {
      view.setInt32(at, -1)
      at += prefix
      nulls = 1
    } else {
      view.setInt32(at, size)
      if (!write(value, view, at + prefix)) return undefined
      at += prefix + size
    }
  }
  return finish(bytes, at, rows.length, nulls, oid)
}

function textArray(rows: readonly Row[], index: number, oid: number, version: number): Buffer | undefined {
  let size = header
  let longest = 0
  for (const { values } of rows) {
    const value = values[index] ?? null
    if (value !== null && typeof value !== 'string') return undefined
    const length = value?.length ?? 0
    size += prefix + version + length
    if (length > longest) longest = length
  }
  // A UTF-16 code unit takes at most three bytes, so there is room for any next text.
  const room = 3 * longest
  let bytes: Buffer = Buffer.allocUnsafe(size + room)
  let at = header
  let nulls = 0
  for (const { values } of rows) {
    const value = values[index] as string | null | undefined
    if (bytes.length - at < prefix + version + room) bytes = grown(bytes, at, room)
    if (value === null || value === undefined) {
      writeInt32(bytes, -1, at)
      at += prefix
      nulls = 1
      continue
    }
    const start = at + prefix
    if (version === 1) bytes[start] = 1
    const written = version + writeText(bytes, value, start + version)
    writeInt32(bytes, written, at)
    at = start + written
  }
  return finish(bytes, at, rows.length, nulls, oid)
}

function bytesArray(rows: readonly Row[], index: number): Buffer | undefined {
  let size = header
  for (const { values } of rows) {
    const value = values[index] ?? null
    // A text for a `bytea` has one of two formats, or is invalid.
    if (value !== null && !(value instanceof Uint8Array)) return undefined
    size += prefix + (value?.length ?? 0)
  }
  const bytes = Buffer.allocUnsafe(size)
  let at = header
  let nulls = 0
  for (const { values } of rows) {
    const value = values[index] as Uint8Array | null | undefined
    if (value === null || value === undefined) nulls = 1
    else bytes.set(value, at + prefix)
    writeInt32(bytes, value?.length ?? -1, at)
    at += prefix + (value?.length ?? 0)
  }
  return finish(bytes, at, rows.length, nulls, bytea)
}

function finish(bytes: Buffer, end: number, length: number, nulls: number, oid: number): Buffer {
  writeInt32(bytes, 1, 0)
  writeInt32(bytes, nulls, 4)
  writeInt32(bytes, oid, 8)
  writeInt32(bytes, length, 12)
  writeInt32(bytes, 1, 16)
  return bytes.subarray(0, end)
}

function grown(bytes: Buffer, used: number, room: number): Buffer {
  const larger = Buffer.allocUnsafe(bytes.length * 2 + room)
  bytes.copy(larger, 0, 0, used)
  return larger
}

/** Shorter texts are written faster by this loop than by a call of the runtime. */
const shortText = 16

function writeText(bytes: Buffer, text: string, at: number): number {
  const { length } = text
  if (length > shortText) return bytes.write(text, at)
  for (let index = 0; index < length; index += 1) {
    const unit = text.charCodeAt(index)
    if (unit > 0x7f) return bytes.write(text, at)
    bytes[at + index] = unit
  }
  return length
}

function writeInt32(bytes: Uint8Array, number: number, at: number): void {
  bytes[at] = number >>> 24
  bytes[at + 1] = number >>> 16
  bytes[at + 2] = number >>> 8
  bytes[at + 3] = number
}
