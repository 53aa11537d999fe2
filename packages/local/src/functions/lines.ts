/** Splits chunks of text into lines. */
export interface LineReader {
  write(chunk: string): void
  /** Passes on the text after the last line break. */
  end(): void
}

/**
 * Creates a reader that splits text into lines. A line longer than `limit` characters is passed on in pieces; default:
 * no limit.
 */
export function lineReader(
  onLine: (line: string) => void,
  limit: number = Number.POSITIVE_INFINITY,
): LineReader {
  // An array rather than one growing string, because a line of 6 MB arrives in a hundred chunks.
  let pieces: string[] = []
  let length = 0

  function flush(last: string): void {
    const line = pieces.length === 0 ? last : pieces.join('') + last
    pieces = []
    length = 0
    onLine(line)
  }

  function write(chunk: string): void {
    let start = 0
    for (let end = chunk.indexOf('\n'); end !== -1; end = chunk.indexOf('\n', start)) {
      flush(chunk.slice(start, end))
      start = end + 1
    }
    if (start === chunk.length) return
    const rest = chunk.slice(start)
    if (length + rest.length > limit) {
      flush(rest)
    } else {
      pieces.push(rest)
      length += rest.length
    }
  }

  function end(): void {
    if (length > 0) flush('')
  }

  return { write, end }
}
