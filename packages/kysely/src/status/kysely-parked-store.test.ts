import { CamelCasePlugin, Kysely, PostgresDialect, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { Client, Pool } from 'pg'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { parkedMigration } from '../dialects/migrations.ts'
import { kyselyParkedStore, postgresPool } from '../index.ts'
import { clear, connect, execute, openKysely, timeLimit } from '../testing/database.ts'
import { documentedTable } from '../testing/documented-table.ts'
import { entry, parked, useParkedDatabase } from '../testing/parked.ts'

const database = useParkedDatabase()
beforeEach(() => clear(database.url, ['spillway_parked']))

const openDatabase = (connections = 1) => openKysely<Record<never, never>>(database.url, connections).db
const openStore = (connections = 1) => kyselyParkedStore({ db: openDatabase(connections) })

const unused = { transaction: () => undefined, withoutPlugins: () => undefined }

const entries = async () =>
  Number((await execute(database.url, 'select count(*) from spillway_parked'))[0]?.count)

describe('put and find', () => {
  it('returns parked entries', async () => {
    const store = openStore()
    const invalid = parked({
      key: 'b',
      reason: {
        code: 'SPILLWAY_BODY_INVALID',
        detail: 'naïve "quoted" \\ {1,2}',
        issues: [{ path: '/items/0', message: 'Required' }],
      },
    })
    await store.put(parked(), timeLimit())
    await store.put(invalid, timeLimit())
    expect(await store.find('order.placed', 'a', timeLimit())).toStrictEqual(entry())
    expect(await store.find('order.placed', 'b', timeLimit())).toStrictEqual(entry(invalid))
    expect(await store.find('order.placed', 'c', timeLimit())).toBeUndefined()
    expect(await store.find('order.cancelled', 'a', timeLimit())).toBeUndefined()
  })

  it('keeps the first decision of a message, regardless of later records', async () => {
    const store = openStore()
    const first = parked({ fingerprint: 'a'.repeat(64) })
    expect(await store.put(first, timeLimit())).toStrictEqual(entry(first))
    const later = { reason: { code: 'later', detail: 'y' }, at: new Date('2026-02-01T00:00:00.000Z') }
    for (const change of [{}, { fingerprint: undefined }, { recordId: 'record 2' }]) {
      const decision = parked({ ...first, ...later, ...change })
      expect(await store.put(decision, timeLimit())).toStrictEqual(entry(first))
    }
    await store.confirm(entry(first), timeLimit())
    expect(await store.put(first, timeLimit())).toStrictEqual(entry({ ...first, copied: true }))
    expect(await entries()).toBe(1)
  })

  it.each([
    ['the copy of the record that was parked', { recordId: 'record 2', redriveOf: 'record 1' }],
    ['a message with another body under its key', { recordId: 'record 2', fingerprint: 'b'.repeat(64) }],
  ])('replaces a decision when %s is parked, because its copy is not sent yet', async (_, change) => {
    const store = openStore()
    const issues = [{ path: '', message: 'Invalid' }]
    const first = parked({ fingerprint: 'a'.repeat(64), reason: { code: 'first', detail: 'x', issues } })
    await store.confirm(await store.put(first, timeLimit()), timeLimit())
    const next = parked({
      fingerprint: first.fingerprint,
      reason: { code: 'next', detail: 'y' },
      at: new Date('2026-02-01T00:00:00.000Z'),
      ...change,
    })
    const { redriveOf: _redriveOf, ...kept } = entry(next)
    expect(await store.put(next, timeLimit())).toStrictEqual(kept)
    expect(await store.find('order.placed', 'a', timeLimit())).toStrictEqual(kept)
    // The confirmation of the first copy refers to an entry that was replaced.
    await store.confirm(entry(first), timeLimit())
    expect(await store.find('order.placed', 'a', timeLimit())).toStrictEqual(kept)
    expect(await entries()).toBe(1)
  })

  it('finds the entries of a batch of any size', async () => {
    const store = openStore()
    const keys = ['a', 'b\0', 'c']
    for (const key of keys) await store.put(parked({ key }), timeLimit())
    const others = Array.from({ length: 2_500 }, (_, index) => `other ${index}`)
    const found = await store.findAll('order.placed', [...others, ...keys], timeLimit())
    expect(found).toStrictEqual(new Map(keys.map((key) => [key, entry({ key })])))
    expect(await store.findAll('order.cancelled', keys, timeLimit())).toStrictEqual(new Map())
  })

  it('keeps one entry for each message when many are parked at once', async () => {
    const stores = [openStore(2), openStore(2)]
    const puts = Array.from({ length: 40 }, (_, index) => {
      const reason = { code: String(index), detail: 'x' }
      return stores[index % 2]?.put(parked({ key: String(index % 10), reason }), timeLimit())
    })
    await Promise.all(puts)
    expect(await entries()).toBe(10)
    for (let key = 0; key < 10; key++) {
      const found = await stores[0]?.find('order.placed', String(key), timeLimit())
      expect(Number(found?.reason.code) % 10).toBe(key)
    }
  })

  it('stores any reason, within bounds', async () => {
    const store = openStore()
    const long = 'x'.repeat(100_000)
    const text = `a\0b\ud800c${long}`
    const issues = Array.from({ length: 1000 }, () => ({ path: text, message: text }))
    await store.put(parked({ reason: { code: text, detail: text, issues } }), timeLimit())
    const found = await store.find('order.placed', 'a', timeLimit())
    const kept = `a\ufffdb\ufffdc${'x'.repeat(994)}…`
    expect(found?.reason.code).toBe(`a\ufffdb\ufffdc${'x'.repeat(122)}…`)
    expect(found?.reason.detail).toBe(kept)
    expect(found?.reason.issues).toStrictEqual(Array(20).fill({ path: kept, message: kept }))
  })

  it('distinguishes keys that Postgres cannot store', async () => {
    const store = openStore()
    const keys = ['a\0', 'a', 'a\u001b0', 'a\u001b', 'a\u001b\u001b0', 'a\0\0']
    for (const key of keys) await store.put(parked({ key }), timeLimit())
    expect(await entries()).toBe(keys.length)
    for (const key of keys) {
      expect(await store.find('order.placed', key, timeLimit())).toStrictEqual(entry({ key }))
    }
  })

  it("works with the plugins of the user's Kysely", async () => {
    const store = kyselyParkedStore({ db: openDatabase().withPlugin(new CamelCasePlugin()) })
    await store.put(parked(), timeLimit())
    expect(await store.find('order.placed', 'a', timeLimit())).toStrictEqual(entry())
  })

  it.each([{}, { db: {} }, { db: unused, table: '' }, { db: unused, tabel: 'x' }])(
    'refuses the options %o',
    (options) => {
      expect(() => kyselyParkedStore(options as never)).toThrow(
        expect.objectContaining({ code: 'SPILLWAY_OPTION_INVALID' }),
      )
    },
  )
})

describe('prune', () => {
  it('deletes any number of entries that are older than a time', async () => {
    await execute(
      database.url,
      `insert into spillway_parked select 'x', n::text, 'c', 'd', null, timestamptz '2026-01-01' + n * interval '1 s', 'r'
       from generate_series(0, 2502) as n`,
    )
    const store = openStore()
    expect(await store.prune(new Date('2026-01-01T00:41:40Z'))).toBe(2500)
    expect(
      (await execute(database.url, 'select key from spillway_parked order by key')).map(({ key }) => key),
    ).toEqual(['2500', '2501', '2502'])
    expect(await store.prune(new Date('2026-01-01T00:41:40Z'))).toBe(0)
  })

  it('continues while there are more entries, and waits for no lock', async () => {
    await execute(
      database.url,
      `insert into spillway_parked select 'x', n::text, 'c', 'd', null, '2026-01-01', 'r' from generate_series(1, 9) as n`,
    )
    const locker = await connect(database.url)
    onTestFinished(() => locker.end())
    await locker.query(`begin; select from spillway_parked where key > '4' for update`)
    let deletes = 0
    /** Releases the lock after four entries were deleted. */
    class Watched extends Client {
      override async query(...question: [never]): Promise<never> {
        const result = await super.query(...question)
        if (String(question[0]).startsWith('delete') && ++deletes === 1) await locker.query('rollback')
        return result as never
      }
    }
    const pool = postgresPool({ Pool, connectionString: database.url, config: { Client: Watched } })
    const db = new Kysely<never>({ dialect: new PostgresDialect({ pool }) })
    onTestFinished(() => db.destroy())
    expect(await kyselyParkedStore({ db }).prune(new Date('2026-02-01'))).toBe(9)
    await execute(
      database.url,
      `insert into spillway_parked values ('x', 'a', 'c', 'd', null, '2026-01-01', 'r')`,
    )
    await locker.query('begin; select from spillway_parked for update')
    expect(await openStore().prune(new Date('2026-02-01'))).toBe(0)
  })
})

describe('parkedMigration', () => {
  const columns = (table: string) =>
    execute(
      database.url,
      `select attname, format_type(atttypid, atttypmod), attnotnull,
         (select array_agg(indexdef order by indexdef) from (
           select replace(pg_get_indexdef(indexrelid), '${table}', 't') as indexdef from pg_index where indrelid = attrelid
         )) as indexes
       from pg_attribute where attrelid = '${table}'::regclass and attnum > 0 order by attnum`,
    )

  it('is the SQL of the guide', async () => {
    const expected = await columns('spillway_parked')
    expect(expected).toHaveLength(9)
    const table = await documentedTable('status-page', 'Postgres', 'spillway_parked', 'by_hand')
    await execute(database.url, table)
    expect(await columns('by_hand')).toStrictEqual(expected)
  })

  it('is applied and reverted under any name', async () => {
    await execute(database.url, 'create schema ops')
    const db = openDatabase()
    const store = kyselyParkedStore({ db, table: 'ops.refused' })
    const provider = { getMigrations: async () => ({ '001': parkedMigration('ops.refused') }) }
    const migrator = new Migrator({ db, provider })
    expect((await migrator.migrateToLatest()).error).toBeUndefined()
    await store.put(parked(), timeLimit())
    expect(await store.find('order.placed', 'a', timeLimit())).toStrictEqual(entry())
    expect((await migrator.migrateDown()).error).toBeUndefined()
    await expect(store.put(parked(), timeLimit())).rejects.toMatchObject({ code: 'SPILLWAY_TABLE_UNKNOWN' })
    await expect(store.find('order.placed', 'a', timeLimit())).rejects.toMatchObject({
      code: 'SPILLWAY_STATUS_UNAVAILABLE',
      cause: { code: 'SPILLWAY_TABLE_UNKNOWN' },
    })
    await expect(store.prune(new Date())).rejects.toMatchObject({ code: 'SPILLWAY_TABLE_UNKNOWN' })
  })
})

describe('a database in trouble', () => {
  it('that ended idle connections is used over new ones', async () => {
    const store = openStore()
    const end = () =>
      execute(
        database.url,
        `select pg_terminate_backend(pid) from pg_stat_activity
         where pid <> pg_backend_pid() and datname = current_database()`,
      )
    await store.put(parked(), timeLimit())
    await end()
    expect(await store.find('order.placed', 'a', timeLimit())).toStrictEqual(entry())
    await end()
    await store.put(parked({ key: 'b' }), timeLimit())
    expect(await entries()).toBe(2)
  })

  it('that holds a lock is reported in time, and ends the statement itself', async () => {
    const store = openStore()
    const locker = await connect(database.url)
    onTestFinished(() => locker.end())
    await locker.query('begin; lock table spillway_parked in access exclusive mode')
    const start = performance.now()
    await expect(store.put(parked(), timeLimit(2_000))).rejects.toMatchObject({
      code: expect.stringMatching(/^SPILLWAY_(DEADLINE|WRITE_FAILED)$/),
    })
    await expect(store.find('order.placed', 'a', timeLimit(2_000))).rejects.toMatchObject({
      code: 'SPILLWAY_STATUS_UNAVAILABLE',
    })
    expect(performance.now() - start).toBeLessThan(12_000)
    const waiting = () =>
      execute(database.url, `select pid from pg_stat_activity where wait_event_type = 'Lock'`)
    await expect.poll(waiting).toStrictEqual([])
    await locker.query('rollback')
    await store.put(parked(), timeLimit())
    expect(await entries()).toBe(1)
  })

  it('gets no further statement when the caller aborts', async () => {
    const store = openStore()
    const limit = timeLimit(20_000, AbortSignal.abort())
    await expect(store.put(parked(), limit)).rejects.toMatchObject({ code: 'SPILLWAY_DEADLINE' })
    await expect(store.find('order.placed', 'a', limit)).rejects.toMatchObject({
      code: 'SPILLWAY_STATUS_UNAVAILABLE',
      cause: { code: 'SPILLWAY_DEADLINE' },
    })
    expect(await entries()).toBe(0)
  })

  it('leaves no time limit behind on its connection', async () => {
    const db = openDatabase()
    const store = kyselyParkedStore({ db })
    await store.put(parked(), timeLimit(1_000))
    const { rows } = await sql<{ statement_timeout: string }>`show statement_timeout`.execute(db)
    expect(rows).toStrictEqual([{ statement_timeout: '0' }])
  })
})
