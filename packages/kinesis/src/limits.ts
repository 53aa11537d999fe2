import type { EncodedMessage } from '@spillway/message'
import type { PackLimits } from '@spillway/transport'
import { partitionKeyOf } from './partition-key.ts'

/** The default `MaxRecordSizeInKiB` of a stream, in bytes: the most of a record, its partition key included. */
export const defaultRecordBytes = 1_048_576

/** The highest `MaxRecordSizeInKiB` of a stream, in bytes. Also the most of all records of one PutRecords. */
export const maxBytes = 10_485_760

/** Amazon Kinesis Data Streams API Reference, PutRecords: 500 records and 10 MiB, partition keys included. */
export const packLimits: PackLimits = Object.freeze({ maxEntries: 500, maxBytes })

/** The size of a message as Kinesis counts it: its data before base64, and its partition key. */
export function sizeOf(message: EncodedMessage): number {
  return Buffer.byteLength(message.body) + Buffer.byteLength(partitionKeyOf(message))
}
