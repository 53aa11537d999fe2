/**
 * Whether an answer of SQS has the id of a message, which is what confirms it. What stands between SQS and its client may
 * answer anything.
 *
 * Source: Amazon SQS API Reference, SendMessage and SendMessageBatch.
 */
export function isMessageId(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
