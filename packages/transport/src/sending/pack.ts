/** The limits of one request. */
export interface PackLimits {
  readonly maxEntries: number
  readonly maxBytes: number
}

/** Whether a pack of some messages has room for one more. */
export function hasRoom(
  count: number,
  bytes: number,
  next: { readonly bytes: number },
  limits: PackLimits,
): boolean {
  return count < limits.maxEntries && bytes + next.bytes <= limits.maxBytes
}

/** Splits messages, in order, into packs within the limits. A message that exceeds them has a pack to itself. */
export function pack<Item extends { readonly bytes: number }>(
  messages: readonly Item[],
  limits: PackLimits,
): readonly (readonly Item[])[] {
  const packs: Item[][] = []
  let current: Item[] = []
  let bytes = 0
  for (const message of messages) {
    if (current.length > 0 && !hasRoom(current.length, bytes, message, limits)) {
      packs.push(current)
      current = []
      bytes = 0
    }
    current.push(message)
    bytes += message.bytes
  }
  if (current.length > 0) packs.push(current)
  return packs
}
