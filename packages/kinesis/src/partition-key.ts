import { createHash } from 'node:crypto'
import type { EncodedMessage } from '@spillway/message'

/** Amazon Kinesis Data Streams API Reference, PutRecord: the most characters of a partition key. */
const longestKey = 256

/**
 * The partition key of a message: its group, or its key if it has no group. A text that Kinesis refuses as a partition key
 * (longer than 256 characters, or not valid UTF-8) is hashed.
 */
export function partitionKeyOf({ group, key }: EncodedMessage): string {
  const text = group ?? key
  if (text.length > 0 && text.length <= longestKey && text.isWellFormed()) return text
  return createHash('sha256').update(text, 'utf16le').digest('hex')
}
