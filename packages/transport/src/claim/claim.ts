import { type Envelope, envelopeVersion } from '@spillway/message'
import { isText, wireJson } from '@spillway/message/internal'

/** A claim, which an envelope has in place of its body: where the whole envelope is stored, and its checksum. */
export interface Claim {
  /** The key in the store of large bodies. */
  readonly key: string
  /** The size of the whole envelope, in bytes of UTF-8. */
  readonly bytes: number
  /** SHA-256 of the whole envelope, as lower-case hexadecimal digits. */
  readonly sha256: string
}

/**
 * The largest envelope that may be claimed, in bytes. More than a request can have (AWS Lambda quotas: 6 MB). Bounds what
 * a forged claim can make a reader fetch.
 */
export const maxClaimBytes = 16_777_216

/** Amazon S3 User Guide, "Naming Amazon S3 objects": a key has at most 1,024 bytes. */
const longestKey = 1024

/**
 * The envelope that is sent in place of a large one: the same with `claim` in place of `body`. `undefined` for a text that
 * is not an envelope.
 */
export function toClaimEnvelope(text: string, claim: Claim): string | undefined {
  const envelope = parse(text)
  if (envelope === undefined || !Object.hasOwn(envelope, 'body')) return undefined
  const { spillway, name, version, key, group, time, traceparent } = envelope
  const { bytes, sha256 } = claim
  return wireJson({
    spillway,
    name,
    version,
    key,
    group,
    time,
    traceparent,
    claim: { key: claim.key, bytes, sha256 },
  })
}

/** The claim in the text of a record; `undefined` if there is none. */
export function readClaim(text: string): Claim | undefined {
  // Most records have no claim, and this avoids parsing them a second time.
  if (!text.includes('"claim"')) return undefined
  const envelope: (Partial<Envelope> & { readonly claim?: unknown }) | undefined = parse(text)
  if (envelope === undefined || Object.hasOwn(envelope, 'body')) return undefined
  return isClaim(envelope.claim) ? envelope.claim : undefined
}

function parse(text: string): Partial<Envelope> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return undefined
    return (value as Partial<Envelope>).spillway === envelopeVersion ? value : undefined
  } catch {
    return undefined
  }
}

function isClaim(value: unknown): value is Claim {
  if (typeof value !== 'object' || value === null) return false
  const { key, bytes, sha256 } = value as Partial<Claim>
  return (
    isText(key, longestKey) &&
    Number.isSafeInteger(bytes) &&
    Number(bytes) > 0 &&
    typeof sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(sha256)
  )
}
