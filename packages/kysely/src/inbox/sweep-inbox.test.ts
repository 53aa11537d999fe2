import { Kysely, MysqlDialect } from 'kysely'
import { createPool } from 'mysql2'
import { describe, expect, it } from 'vitest'
import { inboxMigration } from '../dialects/migrations.ts'
import { sweepInbox } from '../index.ts'
import { connect, execute, timeLimit } from '../testing/database.ts'
import { ledgerWriter, posting, results, totals, useLedger } from '../testing/ledger.ts'
import { describeMysql, executeMysql } from '../testing/mysql.ts'

describe('sweepInbox on Postgres', () => {
  const ledger = useLedger()
  const age = (days: number, count: number, prefix = 'old') =>
    execute(
      ledger.url,
      `insert into spillway_inbox select 'test', '${prefix}' || n, null, now() - interval '${days} days'
       from generate_series(1, ${count}) as n`,
    )

  it('deletes only entries that are older than 30 days', async () => {
    await age(30.01, 2_500)
    await age(29.99, 10, 'young')
    const db = ledger.open()
    const { write } = ledgerWriter(db)
    await write([posting('now')], timeLimit())
    expect(await sweepInbox({ db })).toBe(2_500)
    expect(await totals(ledger.url)).toMatchObject({ keys: 11 })
    expect(await sweepInbox({ db })).toBe(0)
    expect(await sweepInbox({ db, olderThanDays: 29, batchSize: 4 })).toBe(10)
    expect(results(await write([posting('now')], timeLimit()))).toEqual(['done'])
    expect(await totals(ledger.url)).toEqual({ balance: 1, postings: 1, keys: 1 })
  })

  it('does not wait for an entry that another transaction has locked', async () => {
    await age(31, 20)
    const locker = await connect(ledger.url)
    await locker.query(`begin; select 1 from spillway_inbox where key = 'old7' for update`)
    expect(await sweepInbox({ db: ledger.open(), batchSize: 5 })).toBe(19)
    await locker.end()
    expect(await sweepInbox({ db: ledger.open() })).toBe(1)
  })

  it('shares the work with a concurrent sweep', async () => {
    await age(31, 3_000)
    const swept = await Promise.all([1, 2, 3].map(() => sweepInbox({ db: ledger.open(), batchSize: 50 })))
    expect(swept.reduce((sum, count) => sum + count, 0)).toBe(3_000)
    expect(await totals(ledger.url)).toMatchObject({ keys: 0 })
  })

  it('ends between two statements when its signal aborts', async () => {
    await age(31, 100)
    expect(await sweepInbox({ db: ledger.open(), signal: AbortSignal.abort() })).toBe(0)
  })

  it('uses the index on `at`', async () => {
    await age(31, 1_000)
    await age(1, 20_000, 'young')
    await execute(ledger.url, 'analyze spillway_inbox')
    const plan = await execute(
      ledger.url,
      `explain select ctid from spillway_inbox where at < now() - make_interval(secs => 2592000)
       order by at limit 1000 for update skip locked`,
    )
    expect(JSON.stringify(plan)).toContain('spillway_inbox_at_idx')
  })

  it('reports invalid options and a missing table', async () => {
    const db = ledger.open()
    await expect(sweepInbox({ db, olderThanDays: 0 })).rejects.toThrow(
      '`olderThanDays` must be an integer from 1',
    )
    await expect(sweepInbox({ db, olderThanDay: 30 } as never)).rejects.toThrow(
      'has no option `olderThanDay`. Its options are db, inbox, olderThanDays, batchSize, signal.',
    )
    await expect(sweepInbox({ db, inbox: 'nowhere' })).rejects.toMatchObject({
      code: 'SPILLWAY_TABLE_UNKNOWN',
    })
  })
})

describeMysql('sweepInbox on MySQL or MariaDB', (database) => {
  it('deletes only entries that are older than 30 days', async () => {
    const db = new Kysely<never>({ dialect: new MysqlDialect({ pool: createPool(database.url) }) })
    await inboxMigration().up(db)
    for (const [key, hours] of [
      ['old', 721],
      ['older', 9_999],
      ['young', 719],
    ]) {
      await executeMysql(
        database.url,
        `insert into spillway_inbox values ('c', '${key}', null, repeat('t', 16),
          utc_timestamp(3) - interval ${hours} hour, null, null)`,
      )
    }
    expect(await sweepInbox({ db, batchSize: 1 })).toBe(2)
    expect(await sweepInbox({ db })).toBe(0)
    await db.destroy()
    expect(await executeMysql(database.url, 'select count(*) as n from spillway_inbox')).toEqual([{ n: 1 }])
  })
})
