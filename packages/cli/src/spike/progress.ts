import type { LoadReport } from './tally.ts'

/** Shows the progress of a design. */
export interface Progress {
  step(name: string): void
  flood(report: LoadReport): void
  drain(waiting: number): void
  /** Prints a line that is not redrawn. */
  line(text: string): void
  end(): void
}

/** How often a line is printed when the output is not a terminal. Milliseconds. */
const lineMs = 2000

/** Shows progress on standard error: one line that is redrawn on a terminal, or a line every two seconds elsewhere. */
export function startProgress(design: string, stream: NodeJS.WriteStream = process.stderr): Progress {
  let printedAt = Number.NEGATIVE_INFINITY
  function show(text: string, now: boolean): void {
    if (stream.isTTY) {
      stream.write(`\r\u001B[K${design}: ${text}`)
    } else if (now || performance.now() - printedAt >= lineMs) {
      printedAt = performance.now()
      stream.write(`${design}: ${text}\n`)
    }
  }
  return {
    step: (name) => show(`${name} ...`, true),
    flood({ sent, total, answered, accepted }) {
      const failed = answered - accepted
      show(
        `${bar(sent / total)} sent ${sent}/${total}, accepted ${accepted}, failed ${failed}`,
        answered === total,
      )
    },
    line: (text) => stream.write(`${stream.isTTY ? '\r\u001B[K' : ''}${text}\n`),
    drain: (waiting) => show(`draining, ${waiting} left`, false),
    end() {
      if (stream.isTTY) stream.write('\r\u001B[K')
    },
  }
}

function bar(share: number): string {
  const width = 20
  const full = Math.round(share * width)
  return `[${'#'.repeat(full)}${'.'.repeat(width - full)}]`
}
