/**
 * Binary attributes in a form whose size fauxqs counts as SQS does. fauxqs counts the base64, SQS the bytes, so fauxqs
 * gets the bytes, and responses have the base64.
 *
 * Source: Amazon SQS Developer Guide, "Message metadata for Amazon SQS".
 */
export function storedAttributes(attributes: unknown): unknown {
  if (typeof attributes !== 'object' || attributes === null) return attributes
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, stored(value)]))
}

function stored(attribute: unknown): unknown {
  const { BinaryValue } = Object(attribute) as { readonly BinaryValue?: unknown }
  if (typeof BinaryValue !== 'string') return attribute
  const bytes = new Uint8Array(Buffer.from(BinaryValue, 'base64'))
  const value = Object.defineProperty(bytes, 'toJSON', { value: () => BinaryValue })
  return { ...Object(attribute), BinaryValue: value }
}
