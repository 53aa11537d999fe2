import { reasonAttributes } from '@spillway/transport'

/** The message attributes of a parked copy. */
export const parkedAttributes = {
  ...reasonAttributes,
  sequenceNumber: 'spillway.sequenceNumber',
  /** The id of the record for which the parking was decided, if that was an earlier record of the same message. */
  recordId: 'spillway.recordId',
  shardId: 'spillway.shardId',
  stream: 'spillway.stream',
  partitionKey: 'spillway.partitionKey',
  arrivedAt: 'spillway.arrivedAt',
  /**
   * `base64` if the body is the data of the record in base64, because SQS refuses the data as text; `gzip` if the data is in
   * the attribute `spillway.data`, because there was no room for the reason.
   */
  encoding: 'spillway.encoding',
  /** The gzipped data of the record, if the encoding is `gzip`. */
  data: 'spillway.data',
} as const
