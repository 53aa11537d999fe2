import {
  closeAfterInvocation,
  connectionBudgetMigration,
  connectionLimit,
  kyselyParkedStore,
  kyselyStatus,
  kyselyTransaction,
  kyselyWriter,
  mysqlPool,
  postgresPool,
  sweepInbox,
} from '../../../packages/kysely/src/index.ts'
import { rdsIamPassword, rdsTls } from '../../../packages/kysely/src/rds.ts'
import { type Factory, nothing } from './factory.ts'

const db = {
  insertInto: nothing,
  selectFrom: nothing,
  transaction: nothing,
  withoutPlugins: nothing,
}

/** The factories of the database. */
export const databaseFactories: readonly Factory[] = [
  {
    name: 'kyselyWriter',
    from: '@spillway/kysely',
    interfaces: [['kysely/src/writer/writer-options.ts', 'KyselyWriterOptions']],
    call: kyselyWriter,
    samples: { db, insertInto: 'orders', row: nothing, conflict: 'id' },
  },
  {
    name: 'kyselyTransaction',
    from: '@spillway/kysely',
    interfaces: [['kysely/src/transaction/kysely-transaction.ts', 'KyselyTransactionOptions']],
    call: kyselyTransaction,
    samples: { db, transaction: nothing },
  },
  {
    name: 'sweepInbox',
    from: '@spillway/kysely',
    interfaces: [['kysely/src/inbox/sweep-inbox.ts', 'SweepInboxOptions']],
    call: sweepInbox,
    samples: { db },
  },
  {
    name: 'postgresPool',
    from: '@spillway/kysely',
    interfaces: [
      ['kysely/src/dialects/postgres/postgres-pool.ts', 'PostgresPoolOptions'],
      ['kysely/src/connections/pool-options.ts', 'PoolOptions'],
      ['kysely/src/connections/connection-book.ts', 'KeepingOptions'],
    ],
    call: postgresPool,
    samples: { Pool: nothing },
  },
  {
    name: 'mysqlPool',
    from: '@spillway/kysely',
    interfaces: [
      ['kysely/src/dialects/mysql/mysql-pool.ts', 'MysqlPoolOptions'],
      ['kysely/src/connections/pool-options.ts', 'PoolOptions'],
      ['kysely/src/connections/connection-book.ts', 'KeepingOptions'],
    ],
    call: mysqlPool,
    samples: { createPool: nothing },
  },
  {
    name: 'connectionLimit',
    from: '@spillway/kysely',
    interfaces: [['kysely/src/connections/connection-limit.ts', 'ConnectionLimitOptions']],
    call: connectionLimit,
  },
  {
    name: 'closeAfterInvocation',
    from: '@spillway/kysely',
    interfaces: [['kysely/src/connections/close-after-invocation.ts', 'CloseAfterInvocationOptions']],
    call: (options) => closeAfterInvocation([], options),
  },
  {
    name: 'connectionBudgetMigration',
    from: '@spillway/kysely',
    interfaces: [['kysely/src/dialects/postgres/connection-budget-migration.ts', 'ConnectionBudgetOptions']],
    call: connectionBudgetMigration,
    samples: { role: 'app', connections: 16 },
  },
  {
    name: 'rdsTls',
    from: '@spillway/kysely/rds',
    interfaces: [['kysely/src/rds/rds-tls.ts', 'RdsTlsOptions']],
    call: rdsTls,
  },
  {
    name: 'rdsIamPassword',
    from: '@spillway/kysely/rds',
    interfaces: [['kysely/src/rds/rds-iam-password.ts', 'RdsIamPasswordOptions']],
    call: rdsIamPassword,
    samples: { hostname: 'orders.example.com', username: 'writer' },
  },
  {
    name: 'kyselyParkedStore',
    from: '@spillway/kysely',
    interfaces: [['kysely/src/status/kysely-parked-store.ts', 'KyselyParkedStoreOptions']],
    call: kyselyParkedStore,
    samples: { db },
  },
  {
    name: 'kyselyStatus',
    from: '@spillway/kysely',
    interfaces: [['kysely/src/status/kysely-status.ts', 'KyselyStatusOptions']],
    call: kyselyStatus,
    samples: { db, table: 'orders', key: 'id' },
  },
]
