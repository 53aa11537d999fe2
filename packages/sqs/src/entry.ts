import { createHash } from 'node:crypto'
import type { SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs'
import type { EncodedMessage } from '@spillway/message'
import { attributesOf, toMessageAttributes } from './message-attributes.ts'

/** A message as an entry of a batch request, under its position in the pack. */
export function toEntry(
  position: number,
  message: EncodedMessage,
  fifo: boolean,
): SendMessageBatchRequestEntry {
  const { key, group, body, delay } = message
  const attributes = attributesOf(message)
  const entry = {
    Id: String(position),
    MessageBody: body,
    ...(attributes.length > 0 && { MessageAttributes: toMessageAttributes(attributes) }),
    // On a FIFO queue the delay is that of the queue: SQS takes none here.
    ...(delay !== undefined && !fifo && { DelaySeconds: delay }),
  }
  // On a standard queue the group makes it fair: a tenant with a backlog does not hold up the others.
  if (!fifo) return group === undefined ? entry : { ...entry, MessageGroupId: toFifoId(group) }
  // A FIFO queue wants a group: a message without one is in order only with itself.
  return { ...entry, MessageGroupId: toFifoId(group ?? key), MessageDeduplicationId: toFifoId(key) }
}

/** A group or deduplication id: at most 128 letters, digits and punctuation. Others are hashed. */
export function toFifoId(text: string): string {
  if (/^[\x21-\x7e]{1,128}$/.test(text)) return text
  return createHash('sha256').update(text).digest('hex')
}
