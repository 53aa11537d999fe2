import { type Kysely, sql } from 'kysely'
import type { Schema } from './catalogue.ts'
import type { Statement } from './engine.ts'
import { commitGrace, lockShare, serverTime } from './server-time.ts'

/**
 * Runs a statement that Postgres itself ends before the deadline: 57014 when it takes too long, 55P03 when it waits for
 * a lock, 25P03 when the environment is frozen before its COMMIT. The connection is free again by the time the caller has
 * given up.
 *
 * The limits are set in a transaction and end with it (`set local`): a session setting would stay on a connection that
 * others use, and would pin the session to its connection in RDS Proxy. One round trip before the statement and one after
 * it is what that costs. Where the session already has a `statement_timeout` that ends in time (that of the role, or of
 * the pool), the statement goes alone and costs nothing more. So it does in PGlite, which nobody else is connected to.
 */
export async function withLimits(
  { db, deadline, facts }: Statement,
  run: (db: Kysely<Schema>) => Promise<void>,
): Promise<void> {
  const { statementTimeout = 0, lockTimeout = 0, idleTimeout = 0 } = facts
  const isAlone = !db.getExecutor().adapter.supportsMultipleConnections
  if (isAlone || (statementTimeout > 0 && statementTimeout <= serverTime(deadline.left()))) return run(db)
  await db.connection().execute(async (connection) => {
    const plain = connection.withoutPlugins()
    const time = serverTime(deadline.left())
    const limits = [
      setLocal('statement_timeout', time, statementTimeout),
      setLocal('lock_timeout', Math.ceil(time * lockShare), lockTimeout),
      setLocal('idle_in_transaction_session_timeout', Math.ceil(deadline.left()) + commitGrace, idleTimeout),
    ]
    try {
      // Without parameters, so that all of it is one message.
      await sql.raw(`begin${limits.join('')}`).execute(plain)
      await run(connection)
      await sql`commit`.execute(plain)
    } catch (error) {
      // A connection that cannot even do this is lost, and its pool will see.
      await sql`rollback`.execute(plain).catch(() => undefined)
      throw error
    }
  })
}

/** A shorter limit, which somebody set on purpose, stays; 0 is none. */
function setLocal(setting: string, milliseconds: number, current: number): string {
  return current > 0 && current <= milliseconds ? '' : `; set local ${setting} = ${milliseconds}`
}
