/**
 * A text that Postgres can store, of at most `max` characters: NUL and lone surrogates become U+FFFD, and a cut text
 * ends with `…`.
 */
export function storableText(text: string, max: number): string {
  const short = text.length > max ? `${text.slice(0, max - 1)}…` : text
  return short.replaceAll('\0', '\ufffd').toWellFormed()
}

/**
 * A key in a form that Postgres can store, NUL included. Different keys stay different: NUL becomes ESC and `0`, ESC
 * becomes two ESC. Other keys are unchanged.
 */
export function storableKey(key: string): string {
  return key.replaceAll('\u001b', '\u001b\u001b').replaceAll('\0', '\u001b0')
}
