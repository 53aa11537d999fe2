import type { Row, Value } from './table.ts'

/** Splits a list into parts of at most `most` elements. */
export function slices<T>(list: readonly T[], most: number): (readonly T[])[] {
  if (list.length <= most) return [list]
  const count = Math.ceil(list.length / most)
  return Array.from({ length: count }, (_, index) => list.slice(index * most, (index + 1) * most))
}

/** The limits of one statement. */
export interface ChunkLimits {
  readonly parameters: number
  readonly bytes?: number | undefined
}

/**
 * Splits rows with the same columns into parts that fit into a statement; a row that is too large gets its own part.
 */
export function chunkRows(rows: readonly Row[], { parameters, bytes = Infinity }: ChunkLimits): Row[][] {
  const most = Math.max(1, Math.floor(parameters / (rows[0]?.columns.length || 1)))
  const chunks: Row[][] = []
  let chunk: Row[] = []
  let size = 0
  for (const row of rows) {
    const weight = bytes === Infinity ? 0 : row.values.reduce((sum: number, value) => sum + bytesOf(value), 0)
    if (chunk.length > 0 && (chunk.length >= most || size + weight > bytes)) {
      chunks.push(chunk)
      chunk = []
      size = 0
    }
    chunk.push(row)
    size += weight
  }
  if (chunk.length > 0) chunks.push(chunk)
  return chunks
}

// Includes the comma and the quotes. Bytes are sent as hexadecimal digits.
function bytesOf(value: Value): number {
  if (typeof value === 'string') return Buffer.byteLength(value) + 4
  return value instanceof Uint8Array ? value.byteLength * 2 + 4 : 32
}

/** Rows in the form that Kysely's `values` accepts. */
export function toRecords(rows: readonly Row[]): Record<string, Value>[] {
  return rows.map(({ columns, values }) =>
    Object.fromEntries(columns.map((column, index) => [column, values[index] ?? null])),
  )
}
