const kinds = ['ready', 'ok', 'error', 'fatal'] as const

/** A line that the bootstrap writes to the channel. */
export interface BootstrapLine {
  /**
   * `ready`: the module has loaded. `ok`, `error`: the result of the invocation, or its error. `fatal`: why the process
   * is about to end.
   */
  readonly kind: (typeof kinds)[number]
  /** The result or the error document; `undefined` for `ready`. */
  readonly document: unknown
}

/** Reads a line of the channel; `undefined` for an invalid line. */
export function readBootstrapLine(line: string): BootstrapLine | undefined {
  const tab = line.indexOf('\t')
  const word = tab === -1 ? line : line.slice(0, tab)
  const kind = kinds.find((known) => known === word)
  if (kind === undefined) return undefined
  try {
    return { kind, document: kind === 'ready' ? undefined : JSON.parse(line.slice(tab + 1)) }
  } catch {
    return undefined
  }
}

/** The line that starts an invocation. `deadline` is in milliseconds since the epoch, `event` is JSON. */
export function toRequestLine(requestId: string, deadline: number, event: string): string {
  return `${requestId}\t${deadline}\t${traceId(requestId)}\t${event}\n`
}

function traceId(requestId: string): string {
  const hex = requestId.replaceAll('-', '')
  const time = Math.floor(Date.now() / 1000).toString(16)
  return `Root=1-${time}-${hex.slice(0, 24)};Parent=${hex.slice(16)};Sampled=0`
}
