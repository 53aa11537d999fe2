/**
 * A writer that puts batches of messages into Postgres through Kysely, a status that says what became of a message, and
 * a pool that keeps to its share of the database's connections.
 *
 * @module
 */
export { classifyError, type Failure } from './classify-error.ts'
export {
  type KyselyParkedStore,
  type KyselyParkedStoreOptions,
  kyselyParkedStore,
} from './kysely-parked-store.ts'
export { type KyselyStatusOptions, kyselyStatus } from './kysely-status.ts'
export { type KyselyWriterOptions, kyselyWriter } from './kysely-writer.ts'
export { parkedMigration } from './parked-migration.ts'
export { type PgClient, type PgPool, type PostgresPoolOptions, postgresPool } from './postgres-pool.ts'
