import type { EncodedMessage } from '@spillway/message'
import { type Rejected, refuse } from './rejection.ts'

/** A message with its place in the caller's list. */
export interface PackedMessage {
  readonly index: number
  readonly message: EncodedMessage
  /** Its size as its queue or stream counts it. */
  readonly bytes: number
}

/** A message on its way, or one that stays behind: it keeps its place in the order all the same. */
export interface Outgoing extends PackedMessage {
  readonly refused?: Rejected
}

/**
 * The message, unless it is larger than its place takes.
 *
 * @param place what takes it, for the reason: "a queue"
 */
export function rejectIfTooLarge<Item extends Outgoing>(
  outgoing: Item,
  maximumBytes: number,
  place: string,
): Item {
  const { bytes, refused } = outgoing
  if (refused !== undefined || bytes <= maximumBytes) return outgoing
  const detail = `The message has ${bytes} bytes; ${place} holds at most ${maximumBytes}.`
  return { ...outgoing, refused: refuse('SPILLWAY_BODY_TOO_LARGE', detail) }
}
