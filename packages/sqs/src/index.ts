/**
 * Amazon SQS: a target that sends messages and a source that reads them.
 *
 * @module
 */
export type { ClaimSourceOptions } from '@spillway/transport'
export type { SqsClient } from './client.ts'
export { parkedAttributes } from './copy-facts.ts'
export { eventBridgeEvent } from './decoding/event-bridge-event.ts'
export { s3Notification } from './decoding/s3-notification.ts'
export { type SnsNotificationOptions, snsNotification } from './decoding/sns-notification.ts'
export type { PayloadStore } from './extended-client.ts'
export { type DeliveredMessage, originalOf } from './original-of.ts'
export {
  type SqsPartialBatchFailureOptions,
  sqsPartialBatchFailure,
} from './partial-batch-failure.ts'
export { type RedrivenMessage, type RedriveOptions, redriveMessage } from './redrive-message.ts'
export { type SqsSourceOptions, sqsSource } from './source.ts'
export { sqsRecordOf } from './sqs-record-of.ts'
export { sqsTarget } from './target.ts'
export type { SqsTargetOptions } from './target-options.ts'
export { deliveredMessage } from './wire-attributes.ts'
