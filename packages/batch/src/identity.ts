import { envelopeVersion, type MessageIdentity } from '@spillway/message'
import { bodyFingerprint, isRecordId, isText, type KnownMessages } from '@spillway/message/internal'

/**
 * Reads the identity of the message in an envelope or a claim, without validating its body. `undefined` for any other
 * text, and for a message that the reader does not know: a forged envelope must not change the status of another
 * message.
 */
export function readIdentity(text: string, known: Pick<KnownMessages, 'find'>): MessageIdentity | undefined {
  let envelope: Readonly<Record<string, unknown>>
  try {
    envelope = Object(JSON.parse(text))
  } catch {
    return undefined
  }
  const { spillway, name, version, key, redriveOf } = envelope
  if (spillway !== envelopeVersion || typeof name !== 'string' || !isText(key, 256)) return undefined
  if (known.find(name, Number(version)) === undefined) return undefined
  return {
    name,
    key,
    fingerprint: () =>
      'body' in envelope ? bodyFingerprint(envelope.body) : claimFingerprint(envelope.claim),
    ...(isRecordId(redriveOf) && { redriveOf }),
  }
}

/** The hash in a claim covers the whole envelope, so it differs when the client repeats its request. */
function claimFingerprint(claim: unknown): string | undefined {
  const { sha256 } = Object(claim) as { readonly sha256?: unknown }
  return typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256) ? sha256 : undefined
}

/**
 * The fingerprint of the body in an envelope, as it was sent: before upcasts and the schema, which a deploy changes.
 *
 * @param text an envelope that was decoded before
 */
export function wireFingerprint(text: string): string {
  return bodyFingerprint(JSON.parse(text).body)
}
