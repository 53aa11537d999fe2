/** What tells deliveries of a message apart. */
interface Delivery {
  /** `undefined` for a record of no source. */
  readonly recordId?: string | undefined
  /** `undefined` where the body cannot be read: nobody knows whether another record has the same. */
  readonly fingerprint?: string | undefined
  readonly redriveOf?: string | undefined
}

/**
 * Whether the decision to park one delivery of a key stands for another delivery of that key:
 *
 * - for the same record, yes: it was delivered again
 * - for the copy of that record, no: a redrive opens the key again
 * - for any other record, when its body is known to be the same: a client repeated its request. Of a body that nobody could
 *   read that is not known, and the other message would be gone without a copy
 */
export function standsFor(parked: Delivery, delivery: Delivery): boolean {
  const { recordId, fingerprint } = parked
  if (recordId !== undefined && recordId === delivery.recordId) return true
  if (recordId !== undefined && recordId === delivery.redriveOf) return false
  return fingerprint !== undefined && fingerprint === delivery.fingerprint
}
