import { setImmediate } from 'node:timers/promises'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { Pool } from 'pg'
import { expect, it, onTestFinished } from 'vitest'
import { writeError } from '../../errors/describe-error.ts'
import { classifyError, connectionLimit, postgresPool } from '../../index.ts'
import { execute } from '../../testing/database.ts'
import { useParkedDatabase } from '../../testing/parked.ts'

const database = useParkedDatabase()

function open(idleInTransactionSessionTimeoutMillis?: number) {
  const limit = connectionLimit({ connections: 1 })
  const pool = postgresPool({
    Pool,
    connectionString: database.url,
    limit,
    ...(idleInTransactionSessionTimeoutMillis && { idleInTransactionSessionTimeoutMillis }),
  })
  const db = new Kysely<object>({ dialect: new PostgresDialect({ pool }) })
  onTestFinished(() => db.destroy())
  return db
}

/** Runs a transaction whose session the server ends before its second statement, and returns its error. */
async function failAfter(db: Kysely<object>, end: (pid: number) => Promise<unknown>): Promise<unknown> {
  return db
    .transaction()
    .execute(async (trx) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx)
      const pid = rows[0]?.pid ?? 0
      await end(pid)
      await until(async () => (await sessionsOf(pid)) === 0)
      // The client reads the last message of the server. A statement that is sent before resets the connection.
      for (let turn = 0; turn < 2; turn += 1) await setImmediate()
      await sql`select 1`.execute(trx)
    })
    .then(
      () => undefined,
      (error: unknown) => error,
    )
}
const sessionsOf = async (pid: number) =>
  (await execute(database.url, `select from pg_stat_activity where pid = ${pid}`)).length

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue()));
}

it('reports that the transaction waited too long for its next statement', async () => {
  const error = await failAfter(open(50), async () => undefined)
  expect(error).toMatchObject({
    code: '25P03',
    message: 'terminating connection due to idle-in-transaction timeout',
  })
  const failure = classifyError(error)
  expect(failure).toBe('connection')
  expect(writeError(failure, error)).toMatchObject({
    code: 'SPILLWAY_DATABASE_UNAVAILABLE',
    message: expect.stringMatching(
      /^The server ended the transaction because it waited too long for its next statement \(.*\): do not wait for other services .*`idle_in_transaction_session_timeout` of the role/,
    ),
  })
})

it('reports that an administrator ended the session', async () => {
  const error = await failAfter(open(), (pid) => execute(database.url, `select pg_terminate_backend(${pid})`))
  expect(error).toMatchObject({
    code: '57P01',
    message: 'terminating connection due to administrator command',
  })
})

it('does not change the error of a statement that fails before the session ends', async () => {
  const error = await sql`select 1 / 0`.execute(open()).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: '22012', message: 'division by zero' })
})
