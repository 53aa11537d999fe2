import type { EncodedMessage } from '@spillway/message'
import { type Outgoing, type Rejected, refuse } from '@spillway/transport'
import { sizeOf } from './limits.ts'
import { partitionKeyOf } from './partition-key.ts'

/** A message to send to a stream. */
export interface OutgoingRecord extends Outgoing {
  readonly partitionKey: string
}

/** Refuses messages that Kinesis would refuse, before they are sent: one invalid record can fail a whole request. */
export function precheck(message: EncodedMessage, index: number): OutgoingRecord {
  const fault = faultOf(message)
  const partitionKey = partitionKeyOf(message)
  if (fault !== undefined) return { index, message, partitionKey, bytes: 0, refused: fault }
  return { index, message, partitionKey, bytes: sizeOf(message) }
}

function faultOf({ body, delay, attributes }: EncodedMessage): Rejected | undefined {
  if (body.length === 0 || !body.isWellFormed()) {
    return refuse(
      'SPILLWAY_TEXT_UNSTORABLE',
      'The body is empty or has a lone surrogate, which is not valid UTF-8.',
    )
  }
  if (delay !== undefined && delay !== 0) {
    return refuse(
      'SPILLWAY_SEND_FAILED',
      'A stream has no delay for messages: its records are read in order.',
    )
  }
  if (attributes !== undefined && Object.keys(attributes).length > 0) {
    return refuse('SPILLWAY_SEND_FAILED', 'A stream has no message attributes: a record has only its data.')
  }
  return undefined
}
