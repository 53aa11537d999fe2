// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that SQS refuses
const refused = /[\0-\x08\x0b\x0c\x0e-\x1f\uFFFE\uFFFF]/

/**
 * Whether SQS accepts a text as a body or the value of an attribute: not empty, and only characters of XML 1.0.
 *
 * Source: Amazon SQS API Reference, SendMessage.
 */
export function isSendable(text: string): boolean {
  return text.length > 0 && !refused.test(text) && text.isWellFormed()
}

/** Replaces each character that SQS refuses by U+FFFD, and empty text by `-`. */
export function replaceUnsendable(text: string): string {
  return text.toWellFormed().replace(new RegExp(refused, 'g'), '\uFFFD') || '-'
}
