import type { EncodedMessage } from '@spillway/message'
import { isSendable, type Rejected, refuse } from '@spillway/transport'
import { toDeduplicationId } from './entry.ts'
import { attributeFault, attributesOf } from './message-attributes.ts'
import { type PackedMessage, sizeOf } from './pack.ts'

/** A message to send. A refused one is not sent, but keeps its position in the order. */
export interface Outgoing extends PackedMessage {
  readonly refused?: Rejected
}

/** Amazon SQS quotas: the longest delay, in seconds. */
const longestDelay = 900

/**
 * Refuses messages that SQS would refuse, before they are sent: one invalid entry can fail a whole request.
 *
 * Source: Amazon SQS API Reference, SendMessageBatch.
 */
export function precheck(message: EncodedMessage, index: number, fifo: boolean): Outgoing {
  const fault = faultOf(message, fifo)
  if (fault !== undefined) return { index, message, bytes: 0, refused: fault }
  return {
    index,
    message,
    bytes: sizeOf(message),
    ...(fifo && { deduplicationId: toDeduplicationId(message) }),
  }
}

function faultOf(message: EncodedMessage, fifo: boolean): Rejected | undefined {
  const { body, delay } = message
  if (!isSendable(body)) {
    return refuse('SPILLWAY_TEXT_UNSTORABLE', 'The body is empty or has a character that a queue refuses.')
  }
  if (delay !== undefined) {
    if (!Number.isInteger(delay) || delay < 0 || delay > longestDelay) {
      return refuse('SPILLWAY_SEND_FAILED', `The delay must be whole seconds from 0 to ${longestDelay}.`)
    }
    if (fifo && delay > 0) {
      return refuse('SPILLWAY_SEND_FAILED', 'A FIFO queue does not accept a delay for a single message.')
    }
  }
  const fault = attributeFault(attributesOf(message))
  return fault === undefined ? undefined : refuse('SPILLWAY_SEND_FAILED', fault)
}
