/**
 * Writers that put batches of messages into Postgres or MySQL through Kysely, the status of a message, and pools that
 * keep to their share of the database's connections.
 *
 * @module
 */

export { type CloseAfterInvocation, closeAfterInvocation } from './connections/close-after-invocation.ts'
export type { KeepingOptions } from './connections/connection-book.ts'
export {
  type ConnectionLimit,
  type ConnectionLimitOptions,
  connectionLimit,
} from './connections/connection-limit.ts'
export type { LimitedPool, PoolOptions } from './connections/pool-options.ts'
export { inboxMigration, parkedMigration } from './dialects/migrations.ts'
export type { MysqlClient } from './dialects/mysql/mysql-connection.ts'
export { type MysqlDriverPool, type MysqlPoolOptions, mysqlPool } from './dialects/mysql/mysql-pool.ts'
export {
  type ConnectionBudgetOptions,
  connectionBudgetMigration,
} from './dialects/postgres/connection-budget-migration.ts'
export type { PgClient } from './dialects/postgres/pg-client.ts'
export { type PgPool, type PostgresPoolOptions, postgresPool } from './dialects/postgres/postgres-pool.ts'
export { classifyError } from './errors/classify-error.ts'
export type { Classify, CodeMeaning } from './errors/classify-option.ts'
export type { Failure } from './errors/failure.ts'
export type { InboxTable } from './inbox/inbox.ts'
export { type SweepInboxOptions, sweepInbox } from './inbox/sweep-inbox.ts'
export {
  type KyselyParkedStore,
  type KyselyParkedStoreOptions,
  kyselyParkedStore,
} from './status/kysely-parked-store.ts'
export { type KyselyStatusOptions, kyselyStatus } from './status/kysely-status.ts'
export { type KyselyTransactionOptions, kyselyTransaction } from './transaction/kysely-transaction.ts'
export type { FingerprintOption } from './transaction/transaction-entry.ts'
export type { TransactionFunction } from './transaction/transaction-function.ts'
export type { Conflict, ConflictColumns } from './writer/conflict.ts'
export { kyselyWriter } from './writer/kysely-writer.ts'
export type { KyselyWriterOptions } from './writer/writer-options.ts'
