import type { KinesisStreamRecord } from 'aws-lambda'
import { type DataText, readData } from './read-data.ts'
import { readMarked } from './redrive-data.ts'
import { isSequenceNumber } from './sequence-number.ts'

/** A delivered record. Its values are checked, because an event may have anything. */
export interface Delivered {
  readonly data: DataText
  /** The data in base64, without the mark of a redrive; empty if there is none. */
  readonly base64: string
  readonly stream: string
  readonly shardId: string
  readonly sequenceNumber: string | undefined
  readonly partitionKey: string
  /** When the record arrived in the stream. */
  readonly arrivedAt: Date | undefined
  /** For a redriven record, the id of the parked record. */
  readonly redriveOf?: string | undefined
  /** The record as Lambda delivered it, without the mark of a redrive in its data. */
  readonly raw: unknown
}

/** Reads a record of an event. Never throws: a missing or invalid value becomes empty or `undefined`. */
export function readRecord(record: unknown): Delivered {
  const { kinesis, eventID, eventSourceARN } = Object(record) as Partial<KinesisStreamRecord>
  const { data, partitionKey, sequenceNumber, approximateArrivalTimestamp } = Object(kinesis) as Partial<
    KinesisStreamRecord['kinesis']
  >
  const seconds: unknown = approximateArrivalTimestamp
  const arrivedAt = new Date(typeof seconds === 'number' ? seconds * 1000 : Number.NaN)
  const marked = typeof data === 'string' ? readMarked(data) : undefined
  const base64 = marked?.bytes.toString('base64') ?? toText(data)
  return {
    raw: marked === undefined ? record : { ...Object(record), kinesis: { ...Object(kinesis), data: base64 } },
    data: readData(base64),
    base64,
    redriveOf: marked?.redriveOf,
    stream: toText(eventSourceARN),
    // `shardId-000000000006:4954…`: the shard is only in the id of the event.
    shardId: toText(eventID).split(':')[0] ?? '',
    sequenceNumber: isSequenceNumber(sequenceNumber) ? sequenceNumber : undefined,
    partitionKey: toText(partitionKey),
    arrivedAt: Number.isNaN(arrivedAt.getTime()) ? undefined : arrivedAt,
  }
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
