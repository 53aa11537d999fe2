import { type Envelope, readEnvelope } from '../envelope.ts'
import { type DecodedText, type Decoding, notMine, refuse } from './decoding.ts'
import { fieldsOf, notJson, parseJson } from './json.ts'

/** Where the envelope of a decoded text is. Registered, because an app may have this module twice. */
const envelopeOf: unique symbol = Symbol.for('spillway.envelope') as never

/** A decoded text with its envelope, whose key stands whatever the definition says. */
interface DecodedEnvelope extends DecodedText {
  readonly [envelopeOf]?: Envelope
}

/**
 * Decodes the envelopes that the targets of Spillway send, as a source does by default. With other decodings beside it, a
 * queue has old and new producers at once: `firstOf(envelope(), plainJson())`.
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

/** The envelope that a text was decoded from; `undefined` where it was something else. */
export function envelopeIn(decoded: DecodedText): Envelope | undefined {
  return (decoded as DecodedEnvelope)[envelopeOf]
}
