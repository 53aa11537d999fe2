import type { EncodedMessage } from '@spillway/message'
import { isSendable, type Rejected, refuse } from '@spillway/transport'
import { toDeduplicationId } from './entry.ts'
import { attributeFault, attributesOf } from './message-attributes.ts'
import { type PackedMessage, sizeOf } from './pack.ts'

/** A message on its way, or one that stays behind: it keeps its place in the order all the same. */
export interface Outgoing extends PackedMessage {
  readonly refused?: Rejected
}

/** Amazon SQS quotas: seconds. */
const longestDelay = 900

/**
 * Finds before sending what SQS would refuse: some faults of one entry fail the whole request, its neighbours with it.
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
    return refuse('SPILLWAY_TEXT_UNSTORABLE', 'The body is empty or holds a character that a queue refuses.')
  }
  if (delay !== undefined) {
    if (!Number.isInteger(delay) || delay < 0 || delay > longestDelay) {
      return refuse('SPILLWAY_SEND_FAILED', `The delay must be whole seconds from 0 to ${longestDelay}.`)
    }
    if (fifo && delay > 0) {
      return refuse('SPILLWAY_SEND_FAILED', 'A FIFO queue takes no delay of a single message.')
    }
  }
  const fault = attributeFault(attributesOf(message))
  return fault === undefined ? undefined : refuse('SPILLWAY_SEND_FAILED', fault)
}
