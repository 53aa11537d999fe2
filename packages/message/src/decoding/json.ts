/** The result for a text that is not JSON. */
export const notJson: unique symbol = Symbol('not JSON')

/** Parses JSON and skips a byte order mark; {@link notJson} for any other text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)
  } catch {
    return notJson
  }
}

/** The fields of a JSON object; `undefined` for anything else. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return value as Readonly<Record<string, unknown>>
}
