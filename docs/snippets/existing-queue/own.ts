import { type Decoding, refuse } from '@spillway/message'
import type { SQSRecord } from 'aws-lambda'

/** `id;customer;cents`, and the time in an attribute. */
export const semicolons: Decoding<SQSRecord> = (text, { messageAttributes }) => {
  const [id, customer, cents, ...others] = text.split(';')
  if (cents === undefined || others.length > 0) return refuse('Expected three fields between semicolons.')
  const sentAt = messageAttributes.sentAt?.stringValue
  return {
    body: { id, customer, cents: Number(cents) },
    ...(sentAt !== undefined && { time: new Date(sentAt) }),
  }
}
