const surrogates = /[\uD800-\uDFFF]/g

/**
 * A body in a form that fauxqs accepts: its UTF-8 bytes. In a text fauxqs rejects all surrogates, and therefore emoji,
 * which SQS allows. The bytes have the size and the hash of the original text, and responses contain the text. An empty
 * body, or one with an unpaired surrogate, is not changed, so that fauxqs rejects it.
 */
export function storedBody(body: string): string | Uint8Array {
  if (body === '' || !body.isWellFormed()) return body
  const bytes = new TextEncoder().encode(body)
  const text = () => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
  return Object.defineProperties(bytes, {
    toJSON: { value: text },
    // fauxqs checks this text for invalid characters.
    toString: { value: () => text().replace(surrogates, '') },
  })
}
