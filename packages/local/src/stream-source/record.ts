import type { StoredRecord } from '../streams/index.ts'

/** A record of a Kinesis event (Lambda developer guide, "Using Lambda to process records from Amazon Kinesis"). */
export interface KinesisRecord {
  readonly kinesis: {
    readonly kinesisSchemaVersion: '1.0'
    readonly partitionKey: string
    readonly sequenceNumber: string
    /** Base64. */
    readonly data: string
    /** Seconds since the epoch, with a fraction. */
    readonly approximateArrivalTimestamp: number
  }
  readonly eventSource: 'aws:kinesis'
  readonly eventVersion: '1.0'
  /** The shard and the sequence number, with a colon between them. */
  readonly eventID: string
  readonly eventName: 'aws:kinesis:record'
  readonly invokeIdentityArn: string
  readonly awsRegion: string
  readonly eventSourceARN: string
}

/** Turns a record of a shard into one of Lambda. */
export function toKinesisRecord(record: StoredRecord, streamArn: string, region: string): KinesisRecord {
  const { shardId, sequenceNumber, partitionKey, data, approximateArrivalTimestamp } = record
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey,
      sequenceNumber,
      data: Buffer.from(data).toString('base64'),
      approximateArrivalTimestamp: approximateArrivalTimestamp / 1000,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${shardId}:${sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: 'arn:aws:iam::000000000000:role/local',
    awsRegion: region,
    eventSourceARN: streamArn,
  }
}
