import type { Row } from '../writer/row.ts'
import type { Value } from './dialect.ts'

/** The most that one statement may hold. */
export interface ChunkLimits {
  readonly parameters: number
  readonly bytes?: number | undefined
}

/** Rows of the same columns in parts that a statement can hold; a row that is too large by itself stays alone. */
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

// With the comma and the quotes. Bytes travel as hex.
function bytesOf(value: Value): number {
  if (typeof value === 'string') return Buffer.byteLength(value) + 4
  return value instanceof Uint8Array ? value.byteLength * 2 + 4 : 32
}
