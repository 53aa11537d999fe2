import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { defaultInboxTable } from '../inbox/inbox.ts'
import type { TablesDialect } from './dialect.ts'
import { dialectOf } from './dialects.ts'

/**
 * The migration that creates the inbox of {@link kyselyTransaction}, for Kysely's `Migrator`: for Postgres, or MySQL
 * and MariaDB, by the dialect. The guide "Transactions and increments" has it as SQL.
 *
 * @param table the table, `schema.table` included. Default `spillway_inbox`.
 *
 * @example
 * ```ts
 * import { inboxMigration } from '@spillway/kysely'
 *
 * export const { up, down } = inboxMigration()
 * ```
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID`, by `up`, for another dialect.
 */
export function inboxMigration(table: string = defaultInboxTable): Required<Migration> {
  return tableMigration('inboxMigration', table, 'createInbox')
}

/** The default name of the parked store's table. */
export const defaultParkedTable = 'spillway_parked'

/**
 * The migration that creates the table of {@link kyselyParkedStore}, for Kysely's `Migrator`: for Postgres, or MySQL
 * and MariaDB, by the dialect. The guide "A status page" has it as SQL.
 *
 * @param table the table, `schema.table` included. Default `spillway_parked`.
 *
 * @example
 * ```ts
 * import { parkedMigration } from '@spillway/kysely'
 *
 * export const { up, down } = parkedMigration()
 * ```
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID`, by `up`, for another dialect.
 */
export function parkedMigration(table: string = defaultParkedTable): Required<Migration> {
  return tableMigration('parkedMigration', table, 'createParked')
}

/**
 * A migration that creates a table of Spillway, without Kysely's plugins, which would rename its columns.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID`, by `up`, for another dialect.
 */
function tableMigration(
  owner: string,
  table: string,
  create: 'createInbox' | 'createParked',
): Required<Migration> {
  return {
    async up<DB>(db: Kysely<DB>) {
      const plain = db.withoutPlugins()
      const tables: TablesDialect = dialectOf(owner, plain).tables
      for (const statement of tables[create](table)) await statement.execute(plain)
    },
    async down<DB>(db: Kysely<DB>) {
      await sql`drop table ${sql.table(table)}`.execute(db.withoutPlugins())
    },
  }
}
