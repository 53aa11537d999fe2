/** What tells deliveries of a message apart. */
interface Delivery {
  /** `undefined` for a record of no source. */
  readonly recordId?: string | undefined
  /** `undefined` matches any. */
  readonly fingerprint?: string | undefined
  readonly redriveOf?: string | undefined
}

/**
 * Whether the decision to park one delivery of a key stands for another delivery of that key:
 *
 * - for the same record, yes: it was delivered again
 * - for the copy of that record, no: a redrive opens the key again
 * - for any other record, when its body is the same: a client repeated its request
 */
export function standsFor(parked: Delivery, delivery: Delivery): boolean {
  const { recordId, fingerprint } = parked
  if (recordId !== undefined && recordId === delivery.recordId) return true
  if (recordId !== undefined && recordId === delivery.redriveOf) return false
  return (
    fingerprint === undefined || delivery.fingerprint === undefined || fingerprint === delivery.fingerprint
  )
}
