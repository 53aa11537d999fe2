import { createHash } from 'node:crypto'
import type { SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs'
import type { EncodedMessage } from '@spillway/message'
import { toStringAttributes } from '@spillway/transport'
import { attributesOf } from './message-attributes.ts'
import type { PackedMessage } from './pack.ts'

/** What SQS takes of a message, in a request of its own or in an entry of a batch. */
type Fields = Omit<SendMessageBatchRequestEntry, 'Id'>

/** A message as SQS takes it. */
export function toFields({ message, deduplicationId }: PackedMessage, fifo: boolean): Fields {
  const { key, group, body, delay } = message
  const attributes = attributesOf(message)
  const fields = {
    MessageBody: body,
    ...(attributes.length > 0 && { MessageAttributes: toStringAttributes(attributes) }),
    // On a FIFO queue the delay is that of the queue: SQS takes none here.
    ...(delay !== undefined && !fifo && { DelaySeconds: delay }),
  }
  // On a standard queue the group makes it fair: a tenant with a backlog does not hold up the others.
  if (!fifo) return group === undefined ? fields : { ...fields, MessageGroupId: toFifoId(group) }
  // A FIFO queue wants a group: a message without one is in order only with itself.
  const MessageGroupId = toFifoId(group ?? key)
  return { ...fields, MessageGroupId, MessageDeduplicationId: deduplicationId ?? toDeduplicationId(message) }
}

/**
 * What a message of a FIFO queue is known by for five minutes: a second one with the same id is accepted and dropped.
 *
 * The queue compares ids over all its groups, so the key alone would drop the message of another group, or of another
 * name, that has the same key. And it would drop a corrected message that is sent under the key of one that was parked:
 * whether it is a conflict is for the writer to say. So this is a hash of the group, the key and the whole envelope but
 * for what differs when a client repeats a request, `time` and `traceparent`.
 *
 * Source: Amazon SQS Developer Guide, "Using the message deduplication ID in Amazon SQS".
 */
export function toDeduplicationId({ group, key, body }: EncodedMessage): string {
  const facts = JSON.stringify([group ?? null, key, withoutTime(body)])
  return createHash('sha256').update(facts).digest('hex')
}

/** An envelope without what differs from one request to the next; any other text as it is. */
function withoutTime(body: string): unknown {
  try {
    const { time, traceparent, ...rest } = JSON.parse(body)
    return rest.spillway === 1 ? rest : body
  } catch {
    return body
  }
}

/** A group or deduplication id: at most 128 letters, digits and punctuation. Others are hashed. */
export function toFifoId(text: string): string {
  if (/^[\x21-\x7e]{1,128}$/.test(text)) return text
  return createHash('sha256').update(text).digest('hex')
}
