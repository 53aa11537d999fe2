import { CompiledQuery, type Kysely } from 'kysely'
import { commitGrace, lockShare, serverTime } from '../../time/server-time.ts'
import type { Schema, TableFacts } from '../../writer/catalogue.ts'
import type { Statement } from '../dialect.ts'
import { transactionText } from './pipeline-transactions.ts'
import { sqlState } from './postgres-errors.ts'

/** A statement and its parameters. */
export interface Query {
  readonly text: string
  readonly parameters: readonly unknown[]
}

/** Facts of tables whose pool is found to send one query at a time. */
const oneAtATime = new WeakSet<TableFacts>()

/**
 * Runs a statement that Postgres itself ends before the deadline: 57014 when it takes too long, 55P03 when it waits for
 * a lock, 25P03 when the environment is frozen before its COMMIT. The connection is free again by the time the caller has
 * given up.
 *
 * The limits are set in a transaction and end with it (`set local`): a session setting would stay on a connection that
 * others use, and would pin the session to its connection in RDS Proxy. A `postgresPool` sends all of it at once. With
 * another pool it costs one round trip before the statement and one after it: the text that only a `postgresPool` takes is
 * refused there (42601), once for each writer. Where the session already has a `statement_timeout` that ends in time (that
 * of the role, or of the pool), the statement goes alone. So it does in PGlite, which nobody else is connected to.
 */
export async function runWithLimits({ db, deadline, facts }: Statement, query: Query): Promise<void> {
  const { statementTimeout = 0, lockTimeout = 0, idleTimeout = 0 } = facts
  if (!db.getExecutor().adapter.supportsMultipleConnections) return run(db, query)
  await db.connection().execute(async (connection) => {
    // Its time is that from here on: to wait for a connection is not the statement's.
    const time = serverTime(deadline.left())
    if (statementTimeout > 0 && statementTimeout <= time) return run(connection, query)
    const limits = [
      ...setLocal('statement_timeout', time, statementTimeout),
      ...setLocal('lock_timeout', Math.ceil(time * lockShare), lockTimeout),
      ...setLocal(
        'idle_in_transaction_session_timeout',
        Math.ceil(deadline.left()) + commitGrace,
        idleTimeout,
      ),
    ]
    if (oneAtATime.has(facts)) return oneByOne(connection, limits, query)
    try {
      await run(connection, { text: transactionText(limits, query.text), parameters: query.parameters })
    } catch (error) {
      if (sqlState(error) !== '42601') throw error
      // A row can bring it too: a malformed tsquery.
      await oneByOne(connection, limits, query)
      oneAtATime.add(facts)
    }
  })
}

async function oneByOne(connection: Kysely<Schema>, limits: readonly string[], query: Query): Promise<void> {
  const plain = connection.withoutPlugins()
  try {
    // Without parameters, so that all of it is one message.
    await run(plain, { text: ['begin', ...limits].join('; '), parameters: [] })
    await run(connection, query)
    await run(plain, { text: 'commit', parameters: [] })
  } catch (error) {
    // A connection that cannot even do this is lost, and its pool will see. The error to tell is the first.
    await run(plain, { text: 'rollback', parameters: [] }).catch(() => undefined)
    throw error
  }
}

async function run(db: Kysely<Schema>, { text, parameters }: Query): Promise<void> {
  await db.executeQuery(CompiledQuery.raw(text, [...parameters]))
}

/** A shorter limit, which somebody set on purpose, stays; 0 is none. */
function setLocal(setting: string, milliseconds: number, current: number): readonly string[] {
  return current > 0 && current <= milliseconds ? [] : [`set local ${setting} = ${milliseconds}`]
}
