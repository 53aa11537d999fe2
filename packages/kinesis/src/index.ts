/**
 * Amazon Kinesis Data Streams: a target that sends messages and a source that reads them.
 *
 * @module
 */
export type { ClaimSourceOptions } from '@spillway/transport'
export type { KinesisSendClient } from './client.ts'
export type { DeadLetter, ParkedCopy } from './dead-letter.ts'
export { kinesisRecordOf } from './kinesis-record-of.ts'
export {
  type KinesisPartialBatchFailureOptions,
  kinesisPartialBatchFailure,
} from './partial-batch-failure.ts'
export { redriveData } from './redrive-data.ts'
export { type KinesisSourceOptions, kinesisSource } from './source.ts'
export { kinesisTarget } from './target.ts'
export type { KinesisTargetOptions } from './target-options.ts'
