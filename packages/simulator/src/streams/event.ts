import type { KinesisStreamEvent } from 'aws-lambda'
import { toWire } from '../handlers/row-message.ts'
import type { StreamRecord } from './types.ts'

/** The sequence number of a record, with 56 digits as on AWS. */
export function sequenceNumberOf({ number }: StreamRecord): string {
  return `49${String(number).padStart(54, '0')}`
}

/** Creates the event that Lambda delivers. */
export function toStreamEvent(records: readonly StreamRecord[]): KinesisStreamEvent {
  return {
    Records: records.map((record) => ({
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey: record.group,
        sequenceNumber: sequenceNumberOf(record),
        data: Buffer.from(toWire(record.number, record.group, record.sentAt)).toString('base64'),
        approximateArrivalTimestamp: record.sentAt / 1000,
      },
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      eventID: `shardId-000000000000:${sequenceNumberOf(record)}`,
      eventName: 'aws:kinesis:record',
      invokeIdentityArn: 'arn:aws:iam::000000000000:role/simulator',
      awsRegion: 'us-east-1',
      eventSourceARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/rows',
    })),
  }
}
