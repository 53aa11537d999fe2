const surrogates = /[\uD800-\uDFFF]/g

/**
 * A body in a form that fauxqs accepts: its UTF-8 bytes. fauxqs rejects all surrogates in a text, and so an emoji,
 * which SQS allows. Of bytes it counts and hashes what was sent, and it responds with the text. An empty body, and one
 * with an unpaired surrogate, stays as it is, so that fauxqs rejects it.
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
