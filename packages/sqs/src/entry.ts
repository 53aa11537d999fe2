import { createHash } from 'node:crypto'
import type { SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs'
import type { EncodedMessage } from '@spillway/message'
import { toStringAttributes } from '@spillway/transport'
import { attributesOf } from './message-attributes.ts'
import type { PackedMessage } from './pack.ts'

/** The parameters of a message, in a request of its own or in an entry of a batch. */
type Fields = Omit<SendMessageBatchRequestEntry, 'Id'>

/** The parameters of a message. */
export function toFields({ message, deduplicationId }: PackedMessage, fifo: boolean): Fields {
  const { key, group, body, delay } = message
  const attributes = attributesOf(message)
  const fields = {
    MessageBody: body,
    ...(attributes.length > 0 && { MessageAttributes: toStringAttributes(attributes) }),
    // A FIFO queue has one delay for all messages, and SQS refuses another one here.
    ...(delay !== undefined && !fifo && { DelaySeconds: delay }),
  }
  // On a standard queue the group is the tenant of a fair queue: a tenant with a backlog does not delay others.
  if (!fifo) return group === undefined ? fields : { ...fields, MessageGroupId: toFifoId(group) }
  // A FIFO queue needs a group: a message without one has its key, and is in order only with itself.
  const MessageGroupId = toFifoId(group ?? key)
  return { ...fields, MessageGroupId, MessageDeduplicationId: deduplicationId ?? toDeduplicationId(message) }
}

/**
 * The deduplication id of a message of a FIFO queue: for five minutes a second message with the same id is accepted and
 * dropped.
 *
 * It is a hash of the group, the key and the envelope without `time` and `traceparent`, which differ when a client repeats
 * a request. The key alone would not do: the queue compares ids across groups, so it would drop a message of another group
 * or name with the same key, and a corrected message under the key of a parked one.
 *
 * Source: Amazon SQS Developer Guide, "Using the message deduplication ID in Amazon SQS".
 */
export function toDeduplicationId({ group, key, body }: EncodedMessage): string {
  const facts = JSON.stringify([group ?? null, key, withoutTime(body)])
  return createHash('sha256').update(facts).digest('hex')
}

/** An envelope without `time` and `traceparent`; any other text unchanged. */
function withoutTime(body: string): unknown {
  try {
    const { time, traceparent, ...rest } = JSON.parse(body)
    return rest.spillway === 1 ? rest : body
  } catch {
    return body
  }
}

/** Makes a text a group or deduplication id: at most 128 letters, digits and punctuation. Any other text is hashed. */
export function toFifoId(text: string): string {
  if (/^[\x21-\x7e]{1,128}$/.test(text)) return text
  return createHash('sha256').update(text).digest('hex')
}
