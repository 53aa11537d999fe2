/**
 * AWS on a laptop: HTTP gateway, Lambda environments, event source mappings, SQS, Kinesis and Postgres.
 *
 * @module
 */
export type { Control, LocalEndpoints } from './control.ts'
export type {
  EnvironmentInfo,
  FunctionState,
  InvocationError,
  InvocationResult,
  LambdaFunction,
} from './functions/index.ts'
export { configFile, type LoadedApp, loadApp } from './load-app.ts'
export type { LocalOptions } from './local-options.ts'
export type { Postgres } from './postgres/postgres.ts'
export type { QueueDepth, QueueEngine, StoredMessage } from './queues/index.ts'
export { type Local, startLocal } from './start-local.ts'
export type { DatabaseState, LocalState, StreamReaderState, StreamState } from './state.ts'
export type { StreamSourceState } from './stream-source/index.ts'
export type { ShardReader, StoredRecord, StreamEngine, Unread } from './streams/index.ts'
