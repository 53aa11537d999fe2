import type { KinesisStreamRecord } from 'aws-lambda'
import { type DataText, readData } from './read-data.ts'
import { unwrap } from './redrive-wrapper.ts'
import { isSequenceNumber } from './sequence-number.ts'

/** A record as Lambda delivered it, whatever somebody put into the event. */
export interface Delivered {
  readonly data: DataText
  /** The data in base64, as it came; empty when there is none. */
  readonly base64: string
  readonly stream: string
  readonly shardId: string
  readonly sequenceNumber: string | undefined
  readonly partitionKey: string
  /** When the stream took the record. */
  readonly arrivedAt: Date | undefined
  /** The id of the record whose copy a redrive put back as this one. */
  readonly redriveOf?: string | undefined
  /** The record as Lambda delivered it. */
  readonly raw: unknown
}

/** Reads a record of an event. Never throws: what is missing or of the wrong kind is left empty. */
export function readRecord(record: unknown): Delivered {
  const { kinesis, eventID, eventSourceARN } = Object(record) as Partial<KinesisStreamRecord>
  const { data, partitionKey, sequenceNumber, approximateArrivalTimestamp } = Object(kinesis) as Partial<
    KinesisStreamRecord['kinesis']
  >
  const seconds: unknown = approximateArrivalTimestamp
  const arrivedAt = new Date(typeof seconds === 'number' ? seconds * 1000 : Number.NaN)
  const own = { data: readData(data), base64: typeof data === 'string' ? data : '' }
  return {
    raw: record,
    ...(unwrapped(own.data) ?? own),
    stream: toText(eventSourceARN),
    // `shardId-000000000006:4954…`: the record itself does not say which shard it is of.
    shardId: toText(eventID).split(':')[0] ?? '',
    sequenceNumber: isSequenceNumber(sequenceNumber) ? sequenceNumber : undefined,
    partitionKey: toText(partitionKey),
    arrivedAt: Number.isNaN(arrivedAt.getTime()) ? undefined : arrivedAt,
  }
}

/** What a redrive wrapped: the data as it was when it was parked. */
function unwrapped(data: DataText): Pick<Delivered, 'data' | 'base64' | 'redriveOf'> | undefined {
  const wrapped = 'text' in data ? unwrap(data.text) : undefined
  if (wrapped === undefined) return undefined
  const { text, redriveOf } = wrapped
  return { data: { text }, base64: Buffer.from(text).toString('base64'), redriveOf }
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
