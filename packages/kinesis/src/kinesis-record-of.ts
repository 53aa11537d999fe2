import { type MessageRecord, SpillwayError } from '@spillway/message'
import { rawOf } from '@spillway/transport'
import type { KinesisStreamRecord } from 'aws-lambda'

/**
 * The record of Kinesis that a message came in, as Lambda delivered it: its sequence number, its partition key, when the
 * stream took it. Of a record that `redriveData` put back, its data is as it was before it was parked.
 *
 * @throws SpillwayError `SPILLWAY_SOURCE_MISSING` for a message that did not come through `kinesisSource`.
 */
export function kinesisRecordOf(message: MessageRecord): KinesisStreamRecord {
  const raw = rawOf(message)
  const { kinesis } = Object(raw) as Partial<KinesisStreamRecord>
  if (typeof kinesis === 'object' && kinesis !== null) return raw as KinesisStreamRecord
  throw new SpillwayError(
    'SPILLWAY_SOURCE_MISSING',
    'kinesisRecordOf takes a message that came through kinesisSource, as batch() gives it to its handler, or a copy of it with all its properties.',
  )
}
