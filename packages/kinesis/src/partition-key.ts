import { createHash } from 'node:crypto'
import type { EncodedMessage } from '@spillway/message'

/** Amazon Kinesis Data Streams API Reference, PutRecord: characters of a partition key. */
const longestKey = 256

/**
 * What a message stays in order with: its group, else its key. A text that a stream does not take as a partition key
 * (longer than 256 characters, or no UTF-8) is hashed, so that it stays one key.
 */
export function partitionKeyOf({ group, key }: EncodedMessage): string {
  const text = group ?? key
  if (text.length > 0 && text.length <= longestKey && text.isWellFormed()) return text
  return createHash('sha256').update(text, 'utf16le').digest('hex')
}
