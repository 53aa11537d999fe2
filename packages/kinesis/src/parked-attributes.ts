import { reasonAttributes } from '@spillway/transport'

/** The message attributes of a parked copy. */
export const parkedAttributes = {
  ...reasonAttributes,
  sequenceNumber: 'spillway.sequenceNumber',
  /** The record for which the parking was decided, where that was an earlier one of the same message. */
  recordId: 'spillway.recordId',
  shardId: 'spillway.shardId',
  stream: 'spillway.stream',
  partitionKey: 'spillway.partitionKey',
  arrivedAt: 'spillway.arrivedAt',
  /**
   * `base64` for a body that is the data of the record in base64, because it is no text that a queue takes; `gzip` for
   * data that is in the attribute `spillway.data`, because there was no room for the reason beside it.
   */
  encoding: 'spillway.encoding',
  /** The data of the record, gzipped, where the encoding is `gzip`. */
  data: 'spillway.data',
} as const
