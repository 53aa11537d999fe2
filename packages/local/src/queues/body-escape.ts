const mark = '\uE000'
const needsEscape = /[\uE000\uD800-\uDFFF]/g
const escaped = /\uE000([0-9a-f]{4})/g

/**
 * Writes characters beyond U+FFFF as text that fauxqs lets through: it refuses every surrogate, so an emoji
 * in a body, which SQS allows. A body with half a pair is left as it is, for fauxqs to refuse.
 */
export function escapeBody(body: string): string {
  if (!body.isWellFormed()) return body
  return body.replace(needsEscape, (char) => mark + char.charCodeAt(0).toString(16).padStart(4, '0'))
}

/** The body as it was sent. */
export function unescapeBody(body: string): string {
  return body.replace(escaped, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}
