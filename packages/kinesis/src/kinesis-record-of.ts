import { type MessageRecord, SpillwayError } from '@spillway/message'
import { rawOf } from '@spillway/transport'
import type { KinesisStreamRecord } from 'aws-lambda'

/**
 * The Kinesis record of a message as Lambda delivered it, with its sequence number, partition key and arrival time. The data
 * of a redriven record has no mark.
 *
 * @throws SpillwayError `SPILLWAY_SOURCE_MISSING` for a message that did not come through `kinesisSource`.
 */
export function kinesisRecordOf(message: MessageRecord): KinesisStreamRecord {
  const raw = rawOf(message)
  const { kinesis } = Object(raw) as Partial<KinesisStreamRecord>
  if (typeof kinesis === 'object' && kinesis !== null) return raw as KinesisStreamRecord
  throw new SpillwayError(
    'SPILLWAY_SOURCE_MISSING',
    'kinesisRecordOf needs a message that came through kinesisSource, as batch() gives it to its handler, or a copy with all its properties.',
  )
}
