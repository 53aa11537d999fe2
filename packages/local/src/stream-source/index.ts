/**
 * The event source mapping between a stream and a function.
 *
 * @module
 */
export { bucketDestination } from './bucket-destination.ts'
export type { DiscardedBatch, FailureDestination } from './destination.ts'
export { queueDestination } from './queue-destination.ts'
export type { KinesisRecord } from './record.ts'
export { startStreamSource } from './stream-source.ts'
export type {
  StreamSource,
  StreamSourceOptions,
  StreamSourceProblem,
  StreamSourceSpec,
  StreamSourceState,
} from './types.ts'
