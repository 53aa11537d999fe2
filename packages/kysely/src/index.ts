/**
 * A writer that puts batches of messages into Postgres through Kysely, and a pool that keeps to its share of the
 * database's connections.
 *
 * @module
 */
export { classifyError, type Failure } from './classify-error.ts'
export { type KyselyWriterOptions, kyselyWriter } from './kysely-writer.ts'
export { type PgClient, type PgPool, type PostgresPoolOptions, postgresPool } from './postgres-pool.ts'
