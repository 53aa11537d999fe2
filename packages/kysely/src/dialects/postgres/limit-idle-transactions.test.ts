import { Kysely, PostgresDialect, sql } from 'kysely'
import { Pool } from 'pg'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { connectionLimit, kyselyParkedStore, type PostgresPoolOptions, postgresPool } from '../../index.ts'
import { clear, execute, timeLimit } from '../../testing/database.ts'
import { freezingProxy } from '../../testing/freezing-proxy.ts'
import { parked, useParkedDatabase } from '../../testing/parked.ts'

const database = useParkedDatabase()
beforeEach(() => clear(database.url, ['spillway_parked']))

interface Tables {
  spillway_parked: { key: string; detail: string }
}

function open(options: Partial<PostgresPoolOptions<object>> = {}) {
  // It has its own limit, because it represents an environment.
  const limit = connectionLimit({ connections: 1 })
  const pool = postgresPool({ Pool, connectionString: database.url, limit, ...options })
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  onTestFinished(() => db.destroy())
  return { db, pool }
}
const withSetting = (value: string) => {
  const url = new URL(database.url)
  url.searchParams.set('options', `-c idle_in_transaction_session_timeout=${value}`)
  return url.href
}
const limitOf = async (db: Kysely<Tables>) =>
  (
    await sql<{
      limit: string
    }>`select current_setting('idle_in_transaction_session_timeout') as limit`.execute(db)
  ).rows[0]?.limit
const states = async () =>
  (
    await execute(
      database.url,
      `select state from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and state like 'idle in transaction%'`,
    )
  ).map(({ state }) => state)

describe('the session of an environment that is frozen in a transaction ends at the server', () => {
  /** The next statement, which the freeze withholds from the server. */
  const afterBegin = 'set_config'

  it.each<[string, string, (db: Kysely<Tables>) => Promise<unknown>]>([
    [
      'right after BEGIN, before the limits of kyselyParkedStore.put',
      afterBegin,
      (db) => kyselyParkedStore({ db }).put(parked(), timeLimit(60_000)),
    ],
    [
      'right after BEGIN, before the first statement of the app’s own transaction',
      'update "spillway_parked"',
      (db) =>
        db.transaction().execute((trx) => trx.updateTable('spillway_parked').set({ detail: '' }).execute()),
    ],
    [
      'in the app’s own transaction that holds a lock on a table',
      'select 2',
      (db) =>
        db
          .transaction()
          .setIsolationLevel('serializable')
          .execute(async (trx) => {
            await sql`lock table spillway_parked`.execute(trx)
            await sql`select 2`.execute(trx)
          }),
    ],
  ])('%s', async (_, text, work) => {
    const url = await freezingProxy(database.url, text)
    const { db } = open({ connectionString: url, idleInTransactionSessionTimeoutMillis: 700 })
    const frozen = work(db).catch(() => undefined)
    await expect.poll(states, { interval: 10, timeout: 10_000 }).toEqual(['idle in transaction'])
    await expect.poll(states, { timeout: 10_000 }).toEqual([])
    await execute(database.url, "set lock_timeout = '1s'; begin; lock table spillway_parked; commit")
    await frozen
  })
})

describe('a transaction of a postgresPool', () => {
  it('is limited to 10 s without a statement, unlike the session', async () => {
    const { db } = open()
    for (let turn = 0; turn < 2; turn += 1) {
      expect(await db.transaction().execute(limitOf)).toBe('10s')
      expect(await limitOf(db)).toBe('0')
    }
  })

  it.each(['3s', '1min'])('keeps the limit of the session: %s', async (value) => {
    const { db } = open({ connectionString: withSetting(value) })
    expect(await db.transaction().execute(limitOf)).toBe(value)
  })

  it('has no limit if the option is 0', async () => {
    const { db } = open({ idleInTransactionSessionTimeoutMillis: 0 })
    expect(await db.transaction().execute(limitOf)).toBe('0')
  })

  it.each(['BEGIN', ' begin;', 'begin work', 'BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY'])(
    'is limited regardless of how it is opened: %s',
    async (text) => {
      const { pool } = open()
      const client = await pool.connect()
      expect(await client.query(text, [])).toMatchObject({ command: 'BEGIN' })
      const show = 'show idle_in_transaction_session_timeout'
      expect((await client.query<object>(show, [])).rows).toEqual([
        { idle_in_transaction_session_timeout: '10s' },
      ])
      await client.query('rollback', [])
      client.release()
    },
  )

  it('may set its isolation level after its begin', async () => {
    const { db } = open()
    const levels = await db.transaction().execute(async (trx) => {
      await sql`set transaction isolation level serializable`.execute(trx)
      return (await sql<object>`show transaction_isolation`.execute(trx)).rows
    })
    expect(levels).toEqual([{ transaction_isolation: 'serializable' }])
    const level = await db
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute(async (trx) => (await sql<object>`show transaction_isolation`.execute(trx)).rows)
    expect(level).toEqual([{ transaction_isolation: 'repeatable read' }])
  })

  it.each([-1, 1.5, '10s'])('refuses the limit %o', (idleInTransactionSessionTimeoutMillis) => {
    expect(() => open({ idleInTransactionSessionTimeoutMillis } as never)).toThrow(
      expect.objectContaining({ code: 'SPILLWAY_OPTION_INVALID' }),
    )
  })
})
