import type { Kysely } from 'kysely'
import { beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest'
import { parkedMigration } from '../dialects/migrations.ts'
import { kyselyParkedStore, kyselyStatus } from '../index.ts'
import { timeLimit } from '../testing/database.ts'
import { documentedTable } from '../testing/documented-table.ts'
import {
  connectMysql,
  createMysql,
  describeMysql,
  executeMysql,
  openMysql,
  queryMysql,
} from '../testing/mysql.ts'
import { entry, parked } from '../testing/parked.ts'

interface Tables {
  orders: { id: string }
  numbers: { id: number }
}

const schema = [
  'create table orders (id varchar(64) primary key)',
  'create table numbers (id integer primary key)',
]

function rules(open: () => Promise<Kysely<Tables>>): void {
  it('returns the last parked entry of a message', async () => {
    const store = kyselyParkedStore({ db: await open() })
    const issues = [{ path: '/items/0', message: 'naïve "quoted" \\ \' 😀' }]
    const fingerprint = 'c'.repeat(64)
    await store.put(parked({ reason: { code: 'first', detail: 'x', issues }, fingerprint }), timeLimit())
    const last = parked({
      reason: { code: 'last', detail: 'y', issues },
      at: new Date('2026-02-01T00:00:00.123Z'),
      recordId: 'record 2',
      fingerprint,
    })
    const kept = entry(last)
    // Another record of the message changes nothing; the copy of the first one resets its key.
    expect(await store.put(last, timeLimit())).toMatchObject({ recordId: 'record 1', copied: false })
    expect(await store.put({ ...last, redriveOf: 'record 1' }, timeLimit())).toStrictEqual(kept)
    expect(await store.find(last.name, last.key, timeLimit())).toStrictEqual(kept)
    await store.confirm(kept, timeLimit())
    expect(await store.find(last.name, last.key, timeLimit())).toStrictEqual({ ...kept, copied: true })
    expect(await store.find('other', last.key, timeLimit())).toBeUndefined()
  })

  it('distinguishes keys, capitals and NUL included', async () => {
    const store = kyselyParkedStore({ db: await open() })
    const keys = ['a', 'A', 'a ', 'a\0', 'ä', 'x'.repeat(1_000)]
    for (const key of keys) await store.put(parked({ key }), timeLimit())
    for (const key of keys) {
      expect(await store.find(parked().name, key, timeLimit())).toStrictEqual(entry({ key }))
    }
  })

  it('prunes only older entries', async () => {
    const store = kyselyParkedStore({ db: await open() })
    const [old, young] = [new Date('2026-01-01T00:00:00Z'), new Date('2026-01-01T00:00:00.001Z')]
    for (let key = 0; key < 3; key++) await store.put(parked({ key: `old ${key}`, at: old }), timeLimit())
    await store.put(parked({ key: 'young', at: young }), timeLimit())
    expect(await store.prune(young)).toBe(3)
    expect(await store.find(parked().name, 'young', timeLimit())).toBeDefined()
    expect(await store.prune(new Date('2027-01-01T00:00:00Z'))).toBe(1)
  })

  it('reports a message as accepted, parked, then written', async () => {
    const db = await open()
    const store = kyselyParkedStore({ db })
    const { find } = kyselyStatus({ db, table: 'orders', key: 'id', parked: store })
    const { name, key, reason, at } = parked()
    expect(await find(name, key, timeLimit())).toStrictEqual({ status: 'accepted' })
    await store.put(parked(), timeLimit())
    expect(await find(name, key, timeLimit())).toStrictEqual({ status: 'parked', reason, at })
    await db.insertInto('orders').values({ id: key }).execute()
    expect(await find(name, key, timeLimit())).toStrictEqual({ status: 'written' })
  })

  it('does not treat a key as the number that it begins with', async () => {
    const db = await open()
    await db
      .insertInto('numbers')
      .values([{ id: 12 }, { id: 0 }])
      .execute()
    const { find } = kyselyStatus({ db, table: 'numbers', key: 'id' })
    const found = []
    for (const key of ['12', '12abc', 'abc', '', '13'])
      found.push((await find('any', key, timeLimit())).status)
    expect(found).toEqual(['written', 'accepted', 'accepted', 'accepted', 'accepted'])
  })
}

describeMysql('the status in MySQL or MariaDB', (database) => {
  beforeAll(async () => {
    await executeMysql(database.url, schema.join(';'))
    const { db } = createMysql<Tables>(database.url)
    await parkedMigration().up(db)
    await db.destroy()
  })
  beforeEach(() =>
    executeMysql(database.url, 'delete from orders; delete from numbers; delete from spillway_parked').then(
      () => undefined,
    ),
  )
  rules(async () => openMysql<Tables>(database.url).db)

  it('does not wait for a lock when its time is over', async () => {
    const { db } = openMysql<Tables>(database.url)
    const store = kyselyParkedStore({ db })
    await store.put(parked(), timeLimit())
    const locker = connectMysql(database.url)
    onTestFinished(() => locker.destroy())
    await queryMysql(locker, 'lock tables spillway_parked write, orders write')
    const start = performance.now()
    await expect(store.put(parked(), timeLimit(1_500))).rejects.toMatchObject({
      code: 'SPILLWAY_WRITE_FAILED',
    })
    const { find } = kyselyStatus({ db, table: 'orders', key: 'id' })
    await expect(find('any', 'a', timeLimit(1_500))).rejects.toMatchObject({
      code: 'SPILLWAY_STATUS_UNAVAILABLE',
    })
    expect(performance.now() - start).toBeLessThan(3_000)
    // This is the only connection of the pool.
    await db.selectFrom('numbers').selectAll().execute()
    expect(performance.now() - start).toBeLessThan(3_500)
  })

  it('has the table of the guide', async () => {
    const table = await documentedTable('status-page', 'MySQL', 'spillway_parked', 'by_hand')
    await executeMysql(database.url, table)
    const definition = async (table: string) =>
      String((await executeMysql(database.url, `show create table ${table}`))[0]?.['Create Table'])
    expect((await definition('by_hand')).replace('by_hand', 'spillway_parked')).toBe(
      await definition('spillway_parked'),
    )
  })

  it('is applied and reverted under any name', async () => {
    const { db } = openMysql<Tables>(database.url)
    await parkedMigration('other_parked').up(db)
    await parkedMigration('other_parked').down(db)
    const [left] = await executeMysql(database.url, "show tables like 'other_parked'")
    expect(left).toBeUndefined()
  })
})
