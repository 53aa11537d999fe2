import type { CompiledQuery } from 'kysely'
import type { StatementLimits } from './insert.ts'
import type { Session } from './server.ts'

/** The table for a breaker's check that writes a row. */
export const checkTable = 'breaker_check'

const unlimited: StatementLimits = {
  statementTimeout: Number.POSITIVE_INFINITY,
  lockTimeout: Number.POSITIVE_INFINITY,
}

/** The time limits that `postgresPool` sets in the text of a transaction. */
const setting = /set local (statement_timeout|lock_timeout) = (\d+)/g

/** Runs a statement of the packages in a session. */
export async function runStatement(
  session: Session,
  { sql, parameters }: CompiledQuery,
): Promise<readonly object[]> {
  if (!sql.includes('insert into')) return answerTo(sql, await session.ask())
  const limits = { ...unlimited }
  for (const [, name, value] of sql.matchAll(setting)) {
    limits[name === 'lock_timeout' ? 'lockTimeout' : 'statementTimeout'] = Number(value)
  }
  // The check that writes has its own table. It fails like other writes, but its row is not counted as a message.
  await session.insert(sql.includes(checkTable) ? [] : keysOf(parameters[0]), limits)
  return []
}

/** The rows of a statement that does not write. */
function answerTo(sql: string, { isReadOnly }: { readonly isReadOnly: boolean }): readonly object[] {
  // The writer tests for node-postgres. This response means that the driver is another one.
  if (sql.includes('as "binary"')) return [{ binary: null }]
  if (!sql.includes('transaction_read_only')) return []
  return [{ read_only: isReadOnly ? 'on' : 'off', in_recovery: false }]
}

/** Parses a Postgres array of texts without quotes. */
function keysOf(array: unknown): readonly string[] {
  return String(array).slice(2, -2).split('","')
}
