import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { type TableStatements, tableMigration } from '../dialects/table-migration.ts'
import { defaultInboxTable } from './inbox.ts'

/**
 * The migration that makes the inbox of {@link kyselyTransaction}, for Kysely's `Migrator`: for Postgres, or MySQL and
 * MariaDB, by the dialect. The README of this package has it as SQL.
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
  return tableMigration('inboxMigration', table, tables)
}

const tables: TableStatements = {
  postgres: (name) => [
    sql`create table ${sql.table(name)} (
        consumer text not null,
        key text not null,
        fingerprint bytea,
        at timestamptz not null default now(),
        parked json,
        parked_record text,
        primary key (consumer, key)
      )`,
    sql`create index on ${sql.table(name)} (at)`,
  ],
  // Bytes, because most collations take `a` and `A` for one key; 512 and 1024 are 128 and 256 characters.
  mysql: (name) => [
    sql`create table ${sql.table(name)} (
        consumer varbinary(512) not null,
        ${sql.ref('key')} varbinary(1024) not null,
        fingerprint binary(32),
        token binary(16) not null,
        at datetime(3) not null,
        parked json,
        parked_record varchar(256) character set ascii collate ascii_bin,
        primary key (consumer, ${sql.ref('key')}),
        index (at)
      ) engine = InnoDB`,
  ],
}
