import type { CompiledQuery } from 'kysely'

/**
 * The size in bytes of a statement as the driver sends it, with escaped values in its text.
 */
export function packetBytes({ sql, parameters }: Pick<CompiledQuery, 'sql' | 'parameters'>): number {
  const text = Buffer.byteLength(sql) - parameters.length
  return parameters.reduce((sum: number, value) => sum + valueBytes(value), text)
}

function valueBytes(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value) + escapes(value) + 2
  if (value instanceof Uint8Array) return value.byteLength * 2 + 3
  return value instanceof Date ? 25 : String(value).length
}

/** The number of characters that the driver escapes with a backslash. */
function escapes(text: string): number {
  let count = 0
  for (let index = 0; index < text.length; index += 1) if (isEscaped(text.charCodeAt(index))) count += 1
  return count
}

function isEscaped(code: number): boolean {
  switch (code) {
    case 0x00:
    case 0x08:
    case 0x09:
    case 0x0a:
    case 0x0d:
    case 0x1a:
    case 0x22:
    case 0x27:
    case 0x5c:
      return true
    default:
      return false
  }
}
