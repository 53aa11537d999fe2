import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { type TableStatements, tableMigration } from '../dialects/table-migration.ts'

/** The name of the parked store's table, unless another is given. */
export const defaultParkedTable = 'spillway_parked'

/**
 * The migration that makes the table of {@link kyselyParkedStore}, for Kysely's `Migrator`: for Postgres, or MySQL and
 * MariaDB, by the dialect. The README of this package has it as SQL.
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
  return tableMigration('parkedMigration', table, tables)
}

const tables: TableStatements = {
  postgres: (name) => [
    sql`create table ${sql.table(name)} (
        name text not null,
        key text not null,
        code text not null,
        detail text not null,
        issues json,
        parked_at timestamptz not null,
        record_id text not null,
        fingerprint text,
        copied_at timestamptz,
        primary key (name, key)
      )`,
    sql`create index on ${sql.table(name)} (parked_at)`,
  ],
  // Bytes, because most collations take `a` and `A` for one key.
  mysql: (name) => [
    sql`create table ${sql.table(name)} (
        name varbinary(512) not null,
        ${sql.ref('key')} varbinary(1024) not null,
        code varchar(128) character set utf8mb4 not null,
        detail text character set utf8mb4 not null,
        issues json,
        parked_at datetime(3) not null,
        record_id varchar(256) character set ascii collate ascii_bin not null,
        fingerprint char(64) character set ascii,
        copied_at datetime(3),
        primary key (name, ${sql.ref('key')}),
        index (parked_at)
      ) engine = InnoDB`,
  ],
}
