/**
 * Whether a value is a sequence number: decimal digits, more of them than a number of JavaScript holds. Their order is
 * that of the numbers, not that of the texts.
 *
 * Source: Amazon Kinesis Data Streams API Reference, Record.
 */
export function isSequenceNumber(value: unknown): value is string {
  return typeof value === 'string' && /^(0|[1-9]\d{0,128})$/.test(value)
}
