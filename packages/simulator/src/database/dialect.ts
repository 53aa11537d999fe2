import type { Clock } from '@spillway/message/internal'
import { Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import { createDriver } from './driver.ts'
import type { DatabaseServer } from './server.ts'

/** The tables of simulated databases. */
export interface Database {
  rows: { id: string; sent_at: Date }
}

/** The column types are given to the writer, so that it does not read the catalogue. */
export const columnTypes = { id: 'text', sent_at: 'timestamptz' } as const

/**
 * Creates the Kysely of one environment for a simulated server. It has one connection, as `postgresPool` with a share
 * of one: it connects at the first use, and again after an error that ended the session.
 *
 * @param clock the clock of the environment; it receives no response while it is frozen
 */
export function createKysely(
  server: DatabaseServer,
  clock: Clock,
  onEnd: (run: () => void) => void,
): Kysely<Database> {
  const driver = createDriver(server, clock)
  onEnd(driver.end)
  return new Kysely<Database>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => driver,
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })
}
