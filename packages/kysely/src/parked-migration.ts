import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** The name of the parked store's table, unless another is given. */
export const defaultParkedTable = 'spillway_parked'

/**
 * The migration that makes the table of {@link kyselyParkedStore} in Postgres, for Kysely's `Migrator`. The README of
 * this package has it as SQL.
 *
 * @param table the table, `schema.table` included. Default `spillway_parked`.
 *
 * @example
 * ```ts
 * import { parkedMigration } from '@spillway/kysely'
 *
 * export const { up, down } = parkedMigration()
 * ```
 */
export function parkedMigration(table: string = defaultParkedTable): Required<Migration> {
  return {
    async up<DB>(db: Kysely<DB>) {
      const plain = db.withoutPlugins()
      await sql`create table ${sql.table(table)} (
        name text not null,
        key text not null,
        code text not null,
        detail text not null,
        issues json,
        parked_at timestamptz not null,
        primary key (name, key)
      )`.execute(plain)
      await sql`create index on ${sql.table(table)} (parked_at)`.execute(plain)
    },
    async down<DB>(db: Kysely<DB>) {
      await sql`drop table ${sql.table(table)}`.execute(db.withoutPlugins())
    },
  }
}
