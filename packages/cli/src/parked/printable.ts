/** Control and format characters, which can change what a terminal shows. */
const control = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** Escapes the control and format characters of untrusted text before it is printed. */
export function printable(text: string): string {
  return text.replace(control, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
}

/** Like {@link printable}, but keeps line breaks. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}

/** Shortens a text to at most `length` characters. */
export function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}

/** A duration as text: `45 s`, `12 min`, `5 h`, `3 d`. */
export function spanText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86_400)} d`
}
