/**
 * A text that Postgres can hold, of at most `max` characters: NUL and lone surrogates become U+FFFD, and what is cut
 * ends with `…`.
 */
export function storableText(text: string, max: number): string {
  const short = text.length > max ? `${text.slice(0, max - 1)}…` : text
  return short.replaceAll('\0', '\ufffd').toWellFormed()
}

/**
 * A key as Postgres can hold it, NUL included. Two keys stay two: ESC stands before what replaces NUL, and before
 * itself. Any other key is as it was.
 */
export function storableKey(key: string): string {
  return key.replaceAll('\u001b', '\u001b\u001b').replaceAll('\0', '\u001b0')
}
