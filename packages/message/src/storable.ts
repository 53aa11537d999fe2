/** The characters that SQS or a database refuses: NUL, U+FFFE and U+FFFF. */
export const unstorableCharacter = /[\0\uFFFE\uFFFF]/

/**
 * Whether a queue and a database can store a text: it has none of the {@link unstorableCharacter}s and no lone surrogate,
 * for which UTF-8 has no bytes.
 */
export function isStorable(text: string): boolean {
  return !unstorableCharacter.test(text) && text.isWellFormed()
}
