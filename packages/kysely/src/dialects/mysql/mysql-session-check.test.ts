import { Kysely, MysqlDialect, sql } from 'kysely'
import { createPool } from 'mysql2'
import { beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest'
import { kyselyParkedStore, kyselyStatus } from '../../index.ts'
import { timeLimit } from '../../testing/database.ts'
import { type Ledger, ledgerTables, ledgerWriter, posting, results } from '../../testing/ledger.ts'
import { createMysql, describeMysql, executeMysql } from '../../testing/mysql.ts'
import { entry, parked } from '../../testing/parked.ts'
import { inboxMigration, parkedMigration } from '../migrations.ts'

/** Keys that change a statement if the server treats a backslash as a plain character. */
const keys = ["a\\' or 1=1 -- ", "\\', 'b', null, null) -- ", 'line\nbreak\\']

describeMysql('an inbox, a parked store and a status in MariaDB', (database) => {
  const run = (text: string) => executeMysql(database.url, text)

  /** A Kysely with one connection of this `sql_mode`, and the statements that it ran. */
  function open(mode?: string) {
    const statements: string[] = []
    const pool = createPool({ uri: database.url, connectionLimit: 1 })
    if (mode !== undefined) {
      pool.on('connection', (connection) => void connection.query(`set session sql_mode = ${mode}`))
    }
    const dialect = new MysqlDialect({ pool })
    const db = new Kysely<Ledger>({ dialect, log: ({ query }) => void statements.push(query.sql) })
    onTestFinished(() => db.destroy())
    return { db, statements, asked: () => statements.filter((text) => text.includes('@@sql_mode')).length }
  }
  const withoutBackslashes = "concat(@@sql_mode, ',NO_BACKSLASH_ESCAPES')"
  const refused = (table: string, why: string, code = 'SPILLWAY_WRITE_FAILED') => ({
    code,
    message: expect.stringMatching(new RegExp(`^No statement is sent to "${table}": .*${why}`)),
  })
  const entries = async () => {
    const [row] = await run(
      `select (select balance from accounts where id = 'a') as balance, (select count(*) from postings) as postings,
         (select count(*) from spillway_inbox) as inbox, (select count(*) from spillway_parked) as parked`,
    )
    return row
  }

  beforeAll(async () => {
    for (const table of ledgerTables) await run(table)
    const { db } = createMysql<never>(database.url)
    await inboxMigration().up(db)
    await parkedMigration().up(db)
    // Their indexes take 1,000 bytes, and 2,000.
    for (const engine of ['MyISAM', 'Aria']) {
      for (const [kind, owner] of [
        ['inbox', 'consumer'],
        ['parked', 'name'],
      ]) {
        await run(`create table ${kind}_${engine} like spillway_${kind};
          alter table ${kind}_${engine} modify ${owner} varbinary(200) not null, modify \`key\` varbinary(700) not null,
            engine = ${engine}`)
      }
    }
    await db.destroy()
  })
  beforeEach(async () => {
    await run(`delete from postings; delete from accounts; delete from spillway_inbox; delete from spillway_parked;
      insert into accounts values ('a', 0)`)
  })

  it.each([
    ['NO_BACKSLASH_ESCAPES', withoutBackslashes],
    // It would cut keys, so that two could become one.
    ['not strict', "''"],
  ])('send no keys to an inbox, and run no function, in a session that is %s', async (why, mode) => {
    const { db, statements, asked } = open(mode)
    const { write, runs } = ledgerWriter(db)
    const batch = keys.map((key) => posting(key))
    const outcome = { kind: 'retry', cause: refused('spillway_inbox', why) }
    expect(await write(batch, timeLimit())).toMatchObject([outcome, outcome, outcome])
    expect(runs).toEqual([])
    expect([asked(), statements.length]).toEqual([1, 1])
    expect(await entries()).toEqual({ balance: 0, postings: 0, inbox: 0, parked: 0 })
    // When the session is correct, the same writer continues, and does not check again.
    await sql`set session sql_mode = default`.execute(db)
    for (let delivery = 1; delivery <= 2; delivery++) {
      expect(results(await write(batch, timeLimit()))).toEqual(['done', 'done', 'done'])
    }
    expect(asked()).toBe(2)
    expect(runs).toEqual([keys])
    expect(await entries()).toEqual({ balance: 3, postings: 3, inbox: 3, parked: 0 })
    const stored = await run('select convert(`key` using utf8mb4) as `key` from spillway_inbox')
    expect(stored.map(({ key }) => key).toSorted()).toEqual(keys.toSorted())
  })

  it('send no keys to a parked store in such a session', async () => {
    const { db, statements } = open(withoutBackslashes)
    const store = kyselyParkedStore({ db })
    const why = refused('spillway_parked', 'NO_BACKSLASH_ESCAPES')
    const unavailable = { code: 'SPILLWAY_STATUS_UNAVAILABLE', cause: why }
    for (const key of keys) {
      await expect(store.put(parked({ key }), timeLimit())).rejects.toMatchObject(why)
      await expect(store.confirm(entry({ key }), timeLimit())).rejects.toMatchObject(why)
      await expect(store.find('order.placed', key, timeLimit())).rejects.toMatchObject(unavailable)
    }
    expect(statements.filter((text) => !text.includes('@@sql_mode'))).toEqual([])
    expect(await entries()).toMatchObject({ parked: 0 })
    await sql`set session sql_mode = default`.execute(db)
    for (const key of keys) {
      await store.put(parked({ key }), timeLimit())
      expect(await store.find('order.placed', key, timeLimit())).toStrictEqual(entry({ key }))
    }
  })

  it('send no keys to the table of a status in such a session', async () => {
    const { db, statements, asked } = open(withoutBackslashes)
    const { find } = kyselyStatus({ db, table: 'accounts', key: 'id' })
    const why = refused('accounts', 'NO_BACKSLASH_ESCAPES', 'SPILLWAY_STATUS_UNAVAILABLE')
    for (const key of keys) {
      await expect(find('any', key, timeLimit())).rejects.toMatchObject({
        code: 'SPILLWAY_STATUS_UNAVAILABLE',
        cause: why,
      })
    }
    expect(statements).toHaveLength(asked())
    await sql`set session sql_mode = default`.execute(db)
    for (const key of [...keys, 'b'])
      expect(await find('any', key, timeLimit())).toEqual({ status: 'accepted' })
    expect(await find('any', 'a', timeLimit())).toEqual({ status: 'written' })
    expect(asked()).toBe(keys.length + 1)
  })

  it.each(['MyISAM', 'Aria'])('send nothing to an inbox or a parked store of %s', async (engine) => {
    const { db, asked } = open()
    const why = `its storage engine ${engine} is not transactional`
    for (const inbox of [`inbox_${engine}`, `${database.name}.inbox_${engine}`]) {
      const { write, runs } = ledgerWriter(db, { inbox })
      expect(await write([posting('a')], timeLimit())).toMatchObject([
        { kind: 'retry', cause: refused(inbox, why) },
      ])
      expect(runs).toEqual([])
    }
    const table = `parked_${engine}`
    const store = kyselyParkedStore({ db, table })
    await expect(store.put(parked(), timeLimit())).rejects.toMatchObject(refused(table, why))
    expect(asked()).toBe(3)
    expect(
      await run(`select (select count(*) from inbox_${engine}) + (select count(*) from ${table}) as n`),
    ).toEqual([{ n: 0 }])
    // A read needs no transaction.
    const { find } = kyselyStatus({
      db: db as unknown as Kysely<Record<string, { key: string }>>,
      table,
      key: 'key',
    })
    expect(await find('any', 'a', timeLimit())).toEqual({ status: 'accepted' })
  })

  it('read a view without a strict sql_mode, and report a missing table as such', async () => {
    await run('create or replace view shown as select * from accounts')
    const { db } = open("''")
    const status = kyselyStatus({
      db: db as unknown as Kysely<{ shown: { id: string } }>,
      table: 'shown',
      key: 'id',
    })
    expect(await status.find('any', 'a', timeLimit())).toEqual({ status: 'written' })
    const { write } = ledgerWriter(open().db, { inbox: "no'where" })
    expect(await write([posting('a')], timeLimit())).toMatchObject([
      { kind: 'retry', cause: { code: 'SPILLWAY_TABLE_UNKNOWN' } },
    ])
  })
})
