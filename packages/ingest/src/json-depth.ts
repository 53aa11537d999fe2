const quote = 0x22
const backslash = 0x5c
const newline = 0x0a
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/**
 * Whether the brackets and braces of a JSON text nest deeper than `max`, without parsing it.
 *
 * For text that is not JSON either answer is right: the parser rejects it anyway. A JSON string cannot contain a
 * newline (RFC 8259 requires `\n`), so a string that is not closed ends at its line and hides nothing from this check.
 *
 * @param lines whether each line is a separate JSON text, as in NDJSON
 */
export function nestsDeeper(text: string, max: number, lines = false): boolean {
  if (text.length <= max) return false
  let depth = 0
  let inString = false
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === newline) {
      inString = false
      if (lines) depth = 0
    } else if (inString) {
      if (code === backslash && text.charCodeAt(index + 1) !== newline) index++
      else if (code === quote) inString = false
    } else if (code === quote) inString = true
    else if (code === openBrace || code === openBracket) {
      depth++
      if (depth > max) return true
    } else if (code === closeBrace || code === closeBracket) depth--
  }
  return false
}
