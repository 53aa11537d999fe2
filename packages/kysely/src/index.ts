/**
 * A writer that puts batches of messages into Postgres through Kysely, a status that says what became of a message, and
 * a pool that keeps to its share of the database's connections.
 *
 * @module
 */
export { classifyError, type Failure } from './classify-error.ts'
export { type CloseAfterInvocation, closeAfterInvocation } from './close-after-invocation.ts'
export type { Conflict, ConflictColumns } from './conflict.ts'
export type { KeepingOptions } from './connection-book.ts'
export { type ConnectionLimit, type ConnectionLimitOptions, connectionLimit } from './connection-limit.ts'
export type { InboxTable } from './inbox.ts'
export { inboxMigration } from './inbox-migration.ts'
export {
  type KyselyParkedStore,
  type KyselyParkedStoreOptions,
  kyselyParkedStore,
} from './kysely-parked-store.ts'
export { type KyselyStatusOptions, kyselyStatus } from './kysely-status.ts'
export { type KyselyTransactionOptions, kyselyTransaction } from './kysely-transaction.ts'
export { type KyselyWriterOptions, kyselyWriter } from './kysely-writer.ts'
export {
  type MysqlClient,
  type MysqlDriverPool,
  type MysqlPoolOptions,
  mysqlPool,
} from './mysql-pool.ts'
export { parkedMigration } from './parked-migration.ts'
export type { LimitedPool, PoolOptions } from './pool-options.ts'
export { type PgClient, type PgPool, type PostgresPoolOptions, postgresPool } from './postgres-pool.ts'
export { type SweepInboxOptions, sweepInbox } from './sweep-inbox.ts'
export type { FingerprintOption } from './transaction-fingerprint.ts'
export type { TransactionFunction } from './transaction-function.ts'
export type { Turn } from './turns.ts'
