import type { Value } from '../table.ts'
import type { PostgresType } from './postgres-facts.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The types whose binary form is their text. */
const texts: ReadonlySet<string> = new Set([
  'textrecv',
  'varcharrecv',
  'bpcharrecv',
  'namerecv',
  'citextrecv',
  'enum_recv',
  'json_recv',
])

/** The types whose binary form has a fixed number of bytes. */
const fixed: Readonly<Record<string, readonly [size: number, read: (view: DataView) => string | number]>> = {
  boolrecv: [1, (view) => String(view.getUint8(0) !== 0)],
  int2recv: [2, (view) => view.getInt16(0)],
  int4recv: [4, (view) => view.getInt32(0)],
  int8recv: [8, (view) => String(view.getBigInt64(0))],
  float4recv: [4, (view) => realText(view.getFloat32(0))],
  float8recv: [8, (view) => realText(view.getFloat64(0))],
  uuid_recv: [16, (view) => uuidText(bytesOf(view).toString('hex'))],
}

/**
 * The value that a plain insert by node-postgres stores for bytes. node-postgres sends them as the binary form of the
 * type: UTF-8 for a `text`, 16 bytes for a `uuid`, any bytes for a `bytea`.
 *
 * @throws TypeError if the bytes are not a value of the type, or if this is not known
 */
export function bytesValue(view: ArrayBufferView, { receive }: PostgresType): Value {
  const bytes = bytesOf(view)
  // Copied, because a mapper may use one buffer for all rows.
  if (receive === 'bytearecv') return Buffer.from(bytes)
  if (receive !== undefined && texts.has(receive)) return textOf(bytes)
  // The binary form of a `jsonb` begins with its version.
  if (receive === 'jsonb_recv' && bytes[0] === 1) return textOf(bytes.subarray(1))
  const form = receive === undefined ? undefined : fixed[receive]
  if (form === undefined || form[0] !== bytes.length) throw notBinaryForm()
  return form[1](new DataView(bytes.buffer, bytes.byteOffset, bytes.length))
}

function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw notBinaryForm()
  }
}

function notBinaryForm(): TypeError {
  return new TypeError('these bytes are not the binary form of a value of the column')
}

function realText(number: number): string {
  return Object.is(number, -0) ? '-0' : String(number)
}

function uuidText(hex: string): string {
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
