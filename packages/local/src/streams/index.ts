export type { ShardReader, StoredRecord, StreamEngine, StreamSpec, Unread } from './engine.ts'
export type { OnPut, PutCall, PutFault } from './faults.ts'
export { retention } from './shard.ts'
export { type StreamsOptions, startStreams } from './start-streams.ts'
