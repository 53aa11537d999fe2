import { type Envelope, readEnvelope } from '../envelope.ts'
import { type DecodedText, type Decoding, notMine, refuse } from './decoding.ts'
import { fieldsOf, notJson, parseJson } from './json.ts'

/** The property with the envelope of a decoded text. A registered symbol, because an app may have this module twice. */
const envelopeOf: unique symbol = Symbol.for('spillway.envelope') as never

/** A decoded text with its envelope. The key in the envelope takes precedence over that of the definition. */
interface DecodedEnvelope extends DecodedText {
  readonly [envelopeOf]?: Envelope
}

/**
 * Decodes the envelopes that the targets of Spillway send, which is the default of a source. Combine it with other
 * decodings for a queue with old and new producers: `firstOf(envelope(), plainJson())`.
 */
export function envelope(): Decoding {
  return decodeEnvelope
}

function decodeEnvelope(text: string) {
  const value = parseJson(text)
  const fields = value === notJson ? undefined : fieldsOf(value)
  if (fields === undefined || !Object.hasOwn(fields, 'spillway')) return notMine('an envelope of Spillway')
  const read = readEnvelope(value)
  if (typeof read === 'string') return refuse(read, 'SPILLWAY_ENVELOPE_INVALID')
  const { name, version, key, group, body } = read
  const decoded: DecodedEnvelope = { body, name, version, key, group: group ?? undefined, [envelopeOf]: read }
  return decoded
}

/** The envelope of a decoded text; `undefined` for a text without one. */
export function envelopeIn(decoded: DecodedText): Envelope | undefined {
  return (decoded as DecodedEnvelope)[envelopeOf]
}
