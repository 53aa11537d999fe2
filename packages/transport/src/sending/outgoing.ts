import type { EncodedMessage } from '@spillway/message'
import { type Rejected, refuse } from './rejection.ts'

/** A message with its position in the caller's list. */
export interface PackedMessage {
  readonly index: number
  readonly message: EncodedMessage
  /** Its size as the queue or stream counts it. */
  readonly bytes: number
}

/** A message to send. A refused one is not sent, but keeps its position in the order. */
export interface Outgoing extends PackedMessage {
  readonly refused?: Rejected
}

/**
 * Refuses a message that is too large.
 *
 * @param place where it goes, for the reason: "a queue"
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
