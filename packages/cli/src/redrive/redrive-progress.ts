/** How often a line is printed where no terminal can be redrawn. Milliseconds. */
const lineMs = 2000

/** Shows on standard error how far a redrive has come. */
export interface RedriveProgress {
  show(sent: number, failed: number): void
  /** A line that stays. */
  line(text: string): void
  end(): void
}

/**
 * Starts to show progress: one line that is redrawn on a terminal, now and then a line elsewhere.
 *
 * @param about how many copies there are, about
 * @param redraw `false` where an editor has the terminal
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
