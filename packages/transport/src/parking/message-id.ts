/**
 * Whether a value from an answer of SQS is the id of a message, which confirms the message. Checked, because a proxy may
 * answer anything.
 *
 * Source: Amazon SQS API Reference, SendMessage and SendMessageBatch.
 */
export function isMessageId(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
