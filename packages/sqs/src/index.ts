/**
 * Amazon SQS both ways: a target to send to and a source to read from.
 *
 * @module
 */
export type { ClaimSourceOptions } from '@spillway/message/internal'
export type { SqsClient } from './client.ts'
export { parkedAttributes } from './copy-facts.ts'
export { type DeliveredMessage, originalOf } from './original-of.ts'
export {
  type SqsPartialBatchFailureOptions,
  sqsPartialBatchFailure,
} from './partial-batch-failure.ts'
export { type SqsSourceOptions, sqsSource } from './source.ts'
export { sqsTarget } from './target.ts'
export type { SqsTargetOptions } from './target-options.ts'
