/**
 * JSON that SQS accepts.
 *
 * SQS takes only the characters of XML 1.0 and answers `InvalidMessageContents` for others. `JSON.stringify`
 * escapes control characters and lone surrogates but leaves U+FFFE and U+FFFF bare, so these two are escaped here.
 * Source: Amazon SQS API Reference, SendMessage.
 */
export function wireJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\uFFFE\uFFFF]/g, (character) =>
    character === '\uFFFE' ? '\\ufffe' : '\\uffff',
  )
}
