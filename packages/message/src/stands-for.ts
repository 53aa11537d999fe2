/** What distinguishes deliveries of a message. */
interface Delivery {
  /** `undefined` for a record without a source. */
  readonly recordId?: string | undefined
  /** `undefined` when the body cannot be read: it cannot be compared. */
  readonly fingerprint?: string | undefined
  readonly redriveOf?: string | undefined
}

/**
 * Whether the decision to park one delivery of a key applies to another delivery of that key:
 *
 * - yes for the same record: it was delivered again
 * - no for the redriven copy of that record: a redrive opens the key again
 * - for any other record, if its body is known to be the same: the client repeated its request. If a body cannot be read,
 *   the other message might be a different one, and would be lost without a copy
 */
export function standsFor(parked: Delivery, delivery: Delivery): boolean {
  const { recordId, fingerprint } = parked
  if (recordId !== undefined && recordId === delivery.recordId) return true
  if (recordId !== undefined && recordId === delivery.redriveOf) return false
  return fingerprint !== undefined && fingerprint === delivery.fingerprint
}
