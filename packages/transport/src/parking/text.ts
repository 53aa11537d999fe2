// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that SQS refuses
const refused = /[\0-\x08\x0b\x0c\x0e-\x1f\uFFFE\uFFFF]/

/**
 * Whether SQS takes a text as a body or as the value of an attribute: not empty, and of the characters of XML 1.0.
 *
 * Source: Amazon SQS API Reference, SendMessage.
 */
export function isSendable(text: string): boolean {
  return text.length > 0 && !refused.test(text) && text.isWellFormed()
}

/** The text with U+FFFD in place of each character that SQS refuses, and `-` in place of none. */
export function replaceUnsendable(text: string): string {
  return text.toWellFormed().replace(new RegExp(refused, 'g'), '\uFFFD') || '-'
}
