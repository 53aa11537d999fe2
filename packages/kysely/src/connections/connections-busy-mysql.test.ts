import { Kysely, MysqlDialect, sql } from 'kysely'
import { createPool } from 'mysql2'
import { expect, it, onTestFinished, vi } from 'vitest'
import { classifyError, connectionLimit, mysqlPool } from '../index.ts'
import { timeLimit } from '../testing/database.ts'
import { type Ledger, ledgerWriter, post, posting, results } from '../testing/ledger.ts'
import { describeMysql } from '../testing/mysql.ts'
import { useMysqlLedger } from '../testing/mysql-ledger.ts'

describeMysql('`db` in place of `trx` at a share of 1, in MySQL', (database) => {
  const ledger = useMysqlLedger(database)
  const errors: string[] = []
  const logger = { info() {}, warn() {}, error: (message: string) => void errors.push(message) }
  function open() {
    errors.splice(0)
    const limit = connectionLimit({ connections: 1 })
    const pool = mysqlPool({ createPool, uri: database.url, limit, logger, connectionTimeoutMillis: 400 })
    const db = new Kysely<Ledger>({ dialect: new MysqlDialect({ pool }) })
    onTestFinished(() => db.destroy())
    const asked = vi.spyOn(limit, 'take')
    return { db, limit, asked }
  }
  const read = (db: Kysely<Ledger>) => db.selectFrom('accounts').selectAll().execute()

  it('in the app’s own transaction reports that the transaction itself has the connection', async () => {
    const { db, limit, asked } = open()
    const error = await db
      .transaction()
      .execute(async (trx) => {
        await trx.updateTable('accounts').set({ balance: 5 }).where('id', '=', 's3cret').execute()
        await read(db)
      })
      .catch((thrown: unknown) => thrown)
    expect(asked).toHaveBeenCalledTimes(2)
    expect(error).toMatchObject({
      code: 'SPILLWAY_CONNECTIONS_BUSY',
      message: expect.stringMatching(
        /^All 1 connections of this environment .*: by a transaction that began [\d.]+ s ago \(mysqlPool to "spillway_\w+"\), which has waited for its next statement for [\d.]+ s, after `update `accounts` set `balance``\. Did you use `db`/,
      ),
    })
    expect(errors).toEqual([(error as Error).message])
    expect(classifyError(error)).toBe('busy')
    expect(limit.open).toBe(1)
    expect(await read(db)).toHaveLength(2)
  })

  it('in a function of kyselyTransaction is run once, retried with that cause, and changes nothing', async () => {
    const { db, asked } = open()
    const { write, runs } = ledgerWriter(db, {
      transaction: async (trx, messages) => {
        await post(trx, messages)
        await read(db)
      },
    })
    const outcomes = await write([posting('x'), posting('y')], timeLimit(30_000))
    expect(asked).toHaveBeenCalledTimes(3)
    expect(runs).toEqual([['x', 'y']])
    expect(results(outcomes)).toEqual(['retry', 'retry'])
    expect(outcomes[0]).toMatchObject({ cause: { code: 'SPILLWAY_CONNECTIONS_BUSY' } })
    expect(Object.values((await ledger.totals()) ?? {}).map(Number)).toEqual([0, 0, 0])
  })

  it('is not reported for other uses, which the writer waits for', async () => {
    const { db } = open()
    const { write } = ledgerWriter(db)
    let waiting: Promise<string[]> | undefined
    await db.connection().execute(async (connection) => {
      waiting = write([posting('x')], timeLimit(20_000)).then(results)
      for (let turn = 0; turn < 8; turn += 1) await sql`select sleep(0.1)`.execute(connection)
    })
    expect(await waiting).toEqual(['done'])
  })
})
