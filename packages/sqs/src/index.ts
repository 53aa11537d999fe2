/**
 * Amazon SQS both ways: a target to send to and a source to read from.
 *
 * @module
 */
export type { SqsClient } from './client.ts'
export { parkedAttributes } from './park-record.ts'
export { type SqsSourceOptions, sqsSource } from './source.ts'
export { type SqsTargetOptions, sqsTarget } from './target.ts'
