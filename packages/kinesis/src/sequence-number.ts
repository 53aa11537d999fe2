/**
 * Whether a value is a sequence number: decimal digits, more than a JavaScript number can have. They are ordered as
 * numbers, not as texts.
 *
 * Source: Amazon Kinesis Data Streams API Reference, Record.
 */
export function isSequenceNumber(value: unknown): value is string {
  return typeof value === 'string' && /^(0|[1-9]\d{0,128})$/.test(value)
}
