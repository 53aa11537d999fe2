const surrogates = /[\uD800-\uDFFF]/g

/**
 * A body in a form that fauxqs holds: its UTF-8 bytes. It refuses every surrogate in a text, so an emoji in a body, which
 * SQS allows; of bytes it measures and hashes what was sent, and answers with the text. A body with half a pair, and an
 * empty one, is left as it is, for fauxqs to refuse.
 */
export function storedBody(body: string): string | Uint8Array {
  if (body === '' || !body.isWellFormed()) return body
  const bytes = new TextEncoder().encode(body)
  const text = () => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
  return Object.defineProperties(bytes, {
    toJSON: { value: text },
    // In this text fauxqs looks for characters that no body may hold.
    toString: { value: () => text().replace(surrogates, '') },
  })
}
