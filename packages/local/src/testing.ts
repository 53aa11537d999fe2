/**
 * The parts of the local runtime on their own, for tests.
 *
 * @module
 */
export { type Postgres, type PostgresOptions, startPostgres } from './postgres/postgres.ts'
export { type QueueEngine, startQueues } from './queues/index.ts'
export { type Reaper, startReaper } from './reaper/reaper.ts'
