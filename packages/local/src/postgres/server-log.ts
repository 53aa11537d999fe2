import type { Readable } from 'node:stream'

/** The last lines of a server's log. */
export interface LogTail {
  add(line: string): void
  /** The lines as one text, the oldest first. */
  text(): string
  clear(): void
}

const maxLine = 64 * 1024

/** Keeps the last `size` lines. */
export function createLogTail(size = 100): LogTail {
  const lines: string[] = []
  return Object.freeze({
    add(line: string) {
      lines.push(line.slice(0, 1_000))
      if (lines.length > size) lines.shift()
    },
    text: () => lines.join('\n'),
    clear() {
      lines.length = 0
    },
  })
}

/** Reads a stream to its end, so that its writer never blocks, and passes on each line. */
export function readLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('error', () => undefined)
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = (lines.pop() ?? '').slice(-maxLine)
    for (const line of lines) onLine(line)
  })
}
