import { CompiledQuery, type Kysely } from 'kysely'
import type { Statement } from '../dialect.ts'
import { serverTime } from '../server-time.ts'
import type { Schema } from '../table.ts'
import { type QueryClient, streamOf } from './pg-client.ts'
import { sqlState } from './postgres-errors.ts'
import type { PostgresFacts } from './postgres-facts.ts'
import { limitsOf } from './postgres-limits.ts'

// A statement with limits needs a transaction: BEGIN with the limits, the statement, COMMIT. Sent one after another
// they cost three round trips. A `postgresPool` sends all three at once (`pipeline` of `pg`). Kysely's driver passes
// only one text with its parameters to the client, so the writer sends the whole transaction as that text. Both halves
// are in this file: `runWithLimits` writes a `transactionText`; `pipelineTransactions` recognizes it and splits it
// again. No server accepts such a text with parameters (42601). That error shows the writer that a pool is not a
// `postgresPool`: then it sends the parts one after another.

/** A statement and its parameters. */
export interface ParameterizedText {
  readonly text: string
  readonly parameters: readonly unknown[]
}

/** Writes a transaction of one statement as one text. */
export function transactionText(limits: readonly string[], statement: string): string {
  return `${['begin', ...limits].join('; ')}; ${statement}; commit`
}

/** Recognizes a {@link transactionText}: the text that opens the transaction, and the statement. */
const pattern = /^(begin(?:; set local [a-z_]+ = \d+)*); (.*); commit$/s

/** The statement in a {@link transactionText}; any other text unchanged. */
export function statementOf(text: string): string {
  return pattern.exec(text)?.[2] ?? text
}

/** Facts of tables whose pool sends one query at a time. */
const oneAtATime = new WeakSet<PostgresFacts>()

/**
 * Runs a statement with the limits of {@link limitsOf}. The statement is sent alone if the session has a
 * `statement_timeout` that ends in time (of the role or of the pool), and in PGlite, which has a single connection.
 */
export async function runWithLimits(
  { db, deadline, facts }: Pick<Statement<PostgresFacts>, 'db' | 'deadline' | 'facts'>,
  query: ParameterizedText,
): Promise<void> {
  if (!db.getExecutor().adapter.supportsMultipleConnections) return run(db, query)
  await db.connection().execute(async (connection) => {
    // The time of the statement starts here, after the wait for a connection.
    const left = deadline.left()
    const current = {
      statement_timeout: facts.statementTimeout ?? 0,
      lock_timeout: facts.lockTimeout ?? 0,
      idle_in_transaction_session_timeout: facts.idleTimeout ?? 0,
    }
    if (current.statement_timeout > 0 && current.statement_timeout <= serverTime(left)) {
      return run(connection, query)
    }
    const limits = limitsOf({ left, endsLockWaits: true })
      .filter(({ setting, milliseconds }) => current[setting] === 0 || current[setting] > milliseconds)
      .map(({ setting, milliseconds }) => `set local ${setting} = ${milliseconds}`)
    if (oneAtATime.has(facts)) return runInSteps(connection, limits, query)
    try {
      await run(connection, { text: transactionText(limits, query.text), parameters: query.parameters })
    } catch (error) {
      if (sqlState(error) !== '42601') throw error
      // A row can also cause this error, by a malformed tsquery.
      await runInSteps(connection, limits, query)
      oneAtATime.add(facts)
    }
  })
}

async function runInSteps(
  connection: Kysely<Schema>,
  limits: readonly string[],
  query: ParameterizedText,
): Promise<void> {
  const plain = connection.withoutPlugins()
  try {
    // Without parameters, so that it is one message.
    await run(plain, { text: ['begin', ...limits].join('; '), parameters: [] })
    await run(connection, query)
    await run(plain, { text: 'commit', parameters: [] })
  } catch (error) {
    // If the rollback fails too, the connection is lost, which its pool notices. The first error is reported.
    await run(plain, { text: 'rollback', parameters: [] }).catch(() => undefined)
    throw error
  }
}

async function run(db: Kysely<Schema>, { text, parameters }: ParameterizedText): Promise<void> {
  await db.executeQuery(CompiledQuery.raw(text, [...parameters]))
}

/** A client of `pg` that can send a query before the previous one is answered (its option `pipeline`). */
interface PipeliningClient extends QueryClient {
  pipeline: boolean
}

/**
 * Makes a client send a {@link transactionText} with parameters as three queries at once, so that the transaction costs
 * one round trip. If the statement is refused, its COMMIT rolls back.
 *
 * Other queries are sent as before, one at a time: a cursor, for example, cannot share a connection.
 */
export function pipelineTransactions(client: QueryClient): void {
  if (!('pipeline' in client)) return
  const pipelining = client as PipeliningClient
  const query = client.query.bind(client)
  client.query = (...parameters) => {
    const [text, values] = parameters
    const parts = typeof text === 'string' && Array.isArray(values) ? pattern.exec(text) : null
    return parts === null
      ? query(...parameters)
      : runPipelined(String(parts[1]), String(parts[2]), values as unknown[])
  }

  async function runPipelined(
    begin: string,
    statement: string,
    values: readonly unknown[],
  ): Promise<unknown> {
    const before = pipelining.pipeline
    pipelining.pipeline = true
    try {
      // Sent first, so that the server opens the transaction while the statement is serialized.
      const opened = query(begin)
      const steps = await Promise.allSettled([opened, ...inOneWrite(statement, values)])
      for (const step of steps) if (step.status === 'rejected') throw step.reason
      const [, result, end] = steps.map((step) => (step.status === 'fulfilled' ? step.value : undefined))
      if ((end as { command?: unknown }).command !== 'COMMIT')
        throw new Error('the transaction was rolled back')
      return result
    } finally {
      pipelining.pipeline = before
    }
  }

  function inOneWrite(statement: string, values: readonly unknown[]): readonly unknown[] {
    const stream = streamOf(client)
    stream?.cork()
    try {
      return [query(statement, values), query('commit')]
    } finally {
      stream?.uncork()
    }
  }
}
