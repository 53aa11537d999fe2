/**
 * Single parts of the local runtime, for tests.
 *
 * @module
 */
export { type Postgres, type PostgresOptions, startPostgres } from './postgres/postgres.ts'
export { type QueueEngine, startQueues } from './queues/index.ts'
export { type Reaper, startReaper } from './reaper/reaper.ts'
export {
  type DiscardedBatch,
  type FailureDestination,
  type KinesisRecord,
  type StreamSource,
  type StreamSourceOptions,
  type StreamSourceProblem,
  type StreamSourceSpec,
  type StreamSourceState,
  startStreamSource,
} from './stream-source/index.ts'
export {
  type OnPut,
  type PutCall,
  type PutFault,
  type ShardReader,
  type StoredRecord,
  type StreamEngine,
  type StreamSpec,
  type StreamsOptions,
  startStreams,
  type Unread,
} from './streams/index.ts'
