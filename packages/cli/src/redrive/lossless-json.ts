/** Additions of ES2025 that the types of TypeScript lack. */
const raw = JSON as unknown as {
  rawJSON(text: string): unknown
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown
}

/**
 * Parses JSON so that `JSON.stringify` writes its numbers unchanged. A JavaScript number cannot hold all digits of a
 * 64-bit integer or a decimal.
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

/** Writes JSON that SQS accepts: it rejects U+FFFE and U+FFFF, and `JSON.stringify` escapes all else that it rejects. */
export function stringifySendable(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[\uFFFE\uFFFF]/g, (character) =>
    character === '\uFFFE' ? String.raw`\ufffe` : String.raw`\uffff`,
  )
}
