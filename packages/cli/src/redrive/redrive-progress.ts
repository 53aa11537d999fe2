/** Milliseconds between the lines that are printed when there is no terminal. */
const lineMs = 2000

/** Shows the progress of a redrive on standard error. */
export interface RedriveProgress {
  show(sent: number, failed: number): void
  /** Prints a line that stays. */
  line(text: string): void
  end(): void
}

/**
 * Starts to show progress: one line that is redrawn on a terminal, or a new line every two seconds elsewhere.
 *
 * @param about the approximate number of copies
 * @param redraw `false` when an editor uses the terminal
 */
export function startProgress(
  about: number,
  redraw: boolean,
  stream: NodeJS.WriteStream = process.stderr,
): RedriveProgress {
  const live = stream.isTTY && redraw
  let printedAt = performance.now()
  const clear = () => (live ? '\r\u001B[K' : '')
  return {
    show(sent, failed) {
      const text = `redriven ${sent} of about ${about}${failed === 0 ? '' : `, failed ${failed}`}`
      if (live) stream.write(`${clear()}${text}`)
      else if (performance.now() - printedAt >= lineMs) {
        printedAt = performance.now()
        stream.write(`${text}\n`)
      }
    },
    line: (text) => void stream.write(`${clear()}${text}\n`),
    end: () => void (live && stream.write(clear())),
  }
}
