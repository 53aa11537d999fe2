import type { EncodedMessage } from '@spillway/message'
import { type Outgoing, type Rejected, refuse } from '@spillway/transport'
import { sizeOf } from './limits.ts'
import { partitionKeyOf } from './partition-key.ts'

/** A message on its way to a stream. */
export interface OutgoingRecord extends Outgoing {
  readonly partitionKey: string
}

/** Finds before sending what a stream cannot carry: a faulty record can fail a whole request, its neighbours with it. */
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
      'The body is empty or holds a lone surrogate, which no UTF-8 has.',
    )
  }
  if (delay !== undefined && delay !== 0) {
    return refuse('SPILLWAY_SEND_FAILED', 'A stream takes no delay: its records are read in order.')
  }
  if (attributes !== undefined && Object.keys(attributes).length > 0) {
    return refuse(
      'SPILLWAY_SEND_FAILED',
      'A stream takes no attributes: a record has its data and nothing else.',
    )
  }
  return undefined
}
