/** What ES2025 adds to JSON, of which TypeScript does not know yet. */
const raw = JSON as unknown as {
  rawJSON(text: string): unknown
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown
}

/**
 * Parses JSON such that `JSON.stringify` writes its numbers as they were: 64-bit integers and decimals have more digits
 * than a number of JavaScript.
 *
 * @throws SyntaxError for a text that is not JSON
 */
export function parseLossless(text: string): unknown {
  return raw.parse(text, (_, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source
      ? raw.rawJSON(source)
      : value,
  )
}

/** JSON text that a queue takes: it refuses U+FFFE and U+FFFF. Everything else that it refuses is escaped already. */
export function stringifySendable(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[\uFFFE\uFFFF]/g, (character) =>
    character === '\uFFFE' ? String.raw`\ufffe` : String.raw`\uffff`,
  )
}
