import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { type EngineName, engineOf } from './dialects.ts'

/** The statements that make a table of that name, by the database. */
export type TableStatements = Readonly<Record<EngineName, (name: string) => readonly RawBuilder<unknown>[]>>

/**
 * A migration that makes a table, past Kysely's plugins: they would rename its columns.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID`, by `up`, for another dialect.
 */
export function tableMigration(
  owner: string,
  table: string,
  statements: TableStatements,
): Required<Migration> {
  return {
    async up<DB>(db: Kysely<DB>) {
      const plain = db.withoutPlugins()
      for (const statement of statements[engineOf(owner, plain)](table)) await statement.execute(plain)
    },
    async down<DB>(db: Kysely<DB>) {
      await sql`drop table ${sql.table(table)}`.execute(db.withoutPlugins())
    },
  }
}
