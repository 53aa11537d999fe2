import { randomUUID } from 'node:crypto'
import type { ParkedStore } from '@spillway/message'
import { CamelCasePlugin } from 'kysely'
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { inboxMigration } from '../dialects/migrations.ts'
import { type InboxTable, kyselyParkedStore, kyselyStatus, kyselyTransaction } from '../index.ts'
import { clear, connect, execute, openKysely, record, timeLimit } from '../testing/database.ts'
import { parked, useParkedDatabase } from '../testing/parked.ts'

interface Database {
  orders: { id: string }
  'shop.inbox': { message_key: string }
  'shop.shared': { message_name: string; message_key: string }
  kinds: {
    big: string
    at: Date
    day: Date
    word: string
    span: string
    bytes: Buffer
    bits: string
    mood: string
  }
}

const database = useParkedDatabase()
beforeAll(() =>
  execute(
    database.url,
    `create table orders (id uuid primary key);
     create schema shop;
     create table shop.inbox (message_key text primary key);
     create table shop.shared (message_name text, message_key text, primary key (message_name, message_key));
     create type mood as enum ('happy');
     create table kinds (
       big bigint, at timestamptz, day date, word text, span interval, bytes bytea, bits bit(3), mood mood
     )`,
  ),
)
beforeEach(() => clear(database.url, ['orders', 'shop.inbox', 'shop.shared', 'kinds', 'spillway_parked']))

const openDatabase = (connections = 1) => openKysely<Database>(database.url, connections).db

function openOrders(connections = 1) {
  const db = openDatabase(connections)
  const store = kyselyParkedStore({ db })
  const source = kyselyStatus({ db, table: 'orders', key: 'id', parked: store })
  const find = (id: string, ms?: number) => source.find('order.placed', id, timeLimit(ms))
  return { db, store, source, find }
}

const insert = (id: string) => execute(database.url, `insert into orders values ('${id}')`)

describe('a message', () => {
  it('is accepted, then written', async () => {
    const { find } = openOrders()
    const id = randomUUID()
    expect(await find(id)).toStrictEqual({ status: 'accepted' })
    await insert(id)
    expect(await find(id)).toStrictEqual({ status: 'written' })
    expect(await find(randomUUID())).toStrictEqual({ status: 'accepted' })
  })

  it('is parked with the reason and the time, and written after it was redriven', async () => {
    const { store, find } = openOrders()
    const { key, reason, at } = parked({ key: randomUUID() })
    await store.put(parked({ key }), timeLimit())
    expect(await find(key)).toStrictEqual({ status: 'parked', reason, at })
    await insert(key)
    expect(await find(key)).toStrictEqual({ status: 'written' })
  })

  it('is distinguished from a message of another name that was parked under the same key', async () => {
    const { store, find } = openOrders()
    const key = randomUUID()
    await store.put(parked({ key, name: 'order.cancelled' }), timeLimit())
    expect(await find(key)).toStrictEqual({ status: 'accepted' })
  })

  it.each(['a\u001bb', '\u001b', 'x\0y', '\u001b0'])('is found in its inbox by the key %j', async (key) => {
    const { db } = openKysely<{ spillway_inbox: InboxTable }>(database.url)
    await inboxMigration().up(db)
    onTestFinished(() => inboxMigration().down(db))
    const write = kyselyTransaction({ db, consumer: 'c', transaction: async () => undefined })
    const { find } = kyselyStatus({ db, table: 'spillway_inbox', key: 'key', name: 'consumer' })
    expect(await find('c', key, timeLimit())).toStrictEqual({ status: 'accepted' })
    await write([record({}, { key })], timeLimit())
    expect(await find('c', key, timeLimit())).toStrictEqual({ status: 'written' })
    expect(await find('c', `${key}\u001b`, timeLimit())).toStrictEqual({ status: 'accepted' })
  })

  it('is found in an inbox, also without a parked store', async () => {
    const db = openDatabase()
    const { find } = kyselyStatus({ db, table: 'shop.inbox', key: 'message_key' })
    await execute(database.url, `insert into shop.inbox values ('it''s')`)
    expect(await find('any', "it's", timeLimit())).toStrictEqual({ status: 'written' })
    expect(await find('any', 'its', timeLimit())).toStrictEqual({ status: 'accepted' })
  })

  it("is found with the plugins of the user's Kysely", async () => {
    const { db } = openKysely<{ inbox: { messageKey: string } }>(database.url)
    const inbox = db.withSchema('shop').withPlugin(new CamelCasePlugin())
    const { find } = kyselyStatus({ db: inbox, table: 'inbox', key: 'messageKey' })
    await execute(database.url, `insert into shop.inbox values ('a')`)
    expect(await find('any', 'a', timeLimit())).toStrictEqual({ status: 'written' })
  })

  it('is distinguished from another message with the same key in a shared table', async () => {
    const db = openDatabase()
    const shared = { db, table: 'shop.shared', key: 'message_key' } as const
    const { find } = kyselyStatus({ ...shared, name: 'message_name' })
    await execute(database.url, `insert into shop.shared values ('order.placed', '7')`)
    expect(await find('order.placed', '7', timeLimit())).toStrictEqual({ status: 'written' })
    expect(await find('order.cancelled', '7', timeLimit())).toStrictEqual({ status: 'accepted' })
    expect(await find('order.placed', '8', timeLimit())).toStrictEqual({ status: 'accepted' })
    expect(await kyselyStatus(shared).find('order.cancelled', '7', timeLimit())).toStrictEqual({
      status: 'written',
    })
  })

  it('is written under any key that the column treats as equal', async () => {
    const { find } = openOrders()
    const id = randomUUID()
    await insert(id.toUpperCase())
    expect(await find(id.toUpperCase())).toStrictEqual({ status: 'written' })
    expect(await find(id)).toStrictEqual({ status: 'written' })
    const number = kyselyStatus({ db: openDatabase(), table: 'kinds', key: 'big' })
    await execute(database.url, 'insert into kinds (big) values (12)')
    expect(await number.find('any', '012', timeLimit())).toStrictEqual({ status: 'written' })
  })

  it.each([
    ['big', 'abc'],
    ['big', '9223372036854775808'],
    ['at', 'yesterdayish'],
    ['at', '999999-01-01'],
    ['day', '2026-02-30'],
    ['word', 'a\0b'],
    ['span', '999999999999999 years'],
    ['span', '1 fortnight of 25:61'],
    ['bytes', '\\xzz'],
    ['bits', '2'],
    ['mood', 'sad'],
  ] as const)('is not written under a key that a column %s cannot hold: %j', async (key, value) => {
    const db = openDatabase()
    const store = kyselyParkedStore({ db })
    const { find } = kyselyStatus({ db, table: 'kinds', key, parked: store })
    expect(await find('order.placed', value, timeLimit())).toStrictEqual({ status: 'accepted' })
    await store.put(parked({ key: value }), timeLimit())
    expect(await find('order.placed', value, timeLimit())).toMatchObject({ status: 'parked' })
  })
})

describe('a message that moves during the read', () => {
  it.each(['before', 'after'])(
    'and is written %s the answer of the parked store is written',
    async (moment) => {
      const { db, store } = openOrders()
      const key = randomUUID()
      await store.put(parked({ key }), timeLimit())
      const move = () =>
        execute(database.url, `delete from spillway_parked; insert into orders values ('${key}')`)
      const moving: ParkedStore = {
        ...store,
        async find(...question) {
          if (moment === 'before') await move()
          const found = await store.find(...question)
          if (moment === 'after') await move()
          return found
        },
      }
      const { find } = kyselyStatus({ db, table: 'orders', key: 'id', parked: moving })
      expect(await find('order.placed', key, timeLimit())).toStrictEqual({ status: 'written' })
    },
  )

  it('never returns to an earlier status', async () => {
    const { store, find } = openOrders(4)
    const ids = Array.from({ length: 15 }, () => randomUUID())
    const rank = { accepted: 0, parked: 1, written: 2 }
    const reached = new Map(ids.map((id) => [id, 0]))
    let done = false
    const ask = async () => {
      const seen = new Map<string, number>()
      while (!done || [...seen.values()].some((place) => place < 2)) {
        for (const id of ids) {
          const before = Math.max(reached.get(id) ?? 0, seen.get(id) ?? 0)
          const { status } = await find(id)
          expect(rank[status]).toBeGreaterThanOrEqual(before)
          seen.set(id, rank[status])
        }
      }
    }
    const move = async () => {
      for (const id of ids) {
        await store.put(parked({ key: id }), timeLimit())
        reached.set(id, 1)
        await insert(id)
        reached.set(id, 2)
      }
      done = true
    }
    await Promise.all([ask(), ask(), ask(), move()])
    expect(await find(ids[0] ?? '')).toStrictEqual({ status: 'written' })
  })
})

describe('a database in trouble', () => {
  it('that ended idle connections is read over new ones', async () => {
    const { find } = openOrders()
    const id = randomUUID()
    await insert(id)
    await find(id)
    await execute(
      database.url,
      `select pg_terminate_backend(pid) from pg_stat_activity
       where pid <> pg_backend_pid() and datname = current_database()`,
    )
    expect(await find(id)).toStrictEqual({ status: 'written' })
  })

  it.each(['orders', 'spillway_parked'])(
    'that holds a lock on %s is reported in time, and the connection is free again',
    async (table) => {
      const { find, db } = openOrders()
      const other = kyselyStatus({ db, table: 'shop.inbox', key: 'message_key' })
      const locker = await connect(database.url)
      onTestFinished(() => locker.end())
      await locker.query(`begin; lock table ${table} in access exclusive mode`)
      const start = performance.now()
      await expect(find(randomUUID(), 2_000)).rejects.toMatchObject({ code: 'SPILLWAY_STATUS_UNAVAILABLE' })
      expect(performance.now() - start).toBeLessThan(10_000)
      expect(await other.find('any', 'a', timeLimit(2_000))).toStrictEqual({ status: 'accepted' })
      await locker.query('rollback')
      expect(await find(randomUUID())).toStrictEqual({ status: 'accepted' })
    },
  )

  it.each(['200ms', '1s', '1min', '0'])(
    'with a statement_timeout of %s applies the shorter of the two limits',
    async (setting) => {
      const url = new URL(database.url)
      url.searchParams.set('options', `-c statement_timeout=${setting}`)
      const { db } = openKysely<Database>(url.href)
      const { find } = kyselyStatus({ db, table: 'orders', key: 'id' })
      expect(await find('any', randomUUID(), timeLimit())).toStrictEqual({ status: 'accepted' })
      const locker = await connect(database.url)
      onTestFinished(() => locker.end())
      await locker.query('begin; lock table orders in access exclusive mode')
      const start = performance.now()
      await expect(find('any', randomUUID(), timeLimit(5_000))).rejects.toMatchObject({
        code: 'SPILLWAY_STATUS_UNAVAILABLE',
      })
      const bounds: Readonly<Record<string, readonly [number, number]>> = {
        '200ms': [150, 3_800],
        '1s': [950, 3_800],
      }
      // The caller's limit, less a fifth for the caller, and a quarter of a second for the answer.
      const { [setting]: [from, to] = [3_600, 10_000] } = bounds
      expect(performance.now() - start).toBeGreaterThan(from)
      expect(performance.now() - start).toBeLessThan(to)
    },
  )

  it('that is not reachable is reported', async () => {
    const refused = new URL(database.url)
    refused.port = '1'
    const { db } = openKysely<Database>(refused.href)
    const { find } = kyselyStatus({ db, table: 'orders', key: 'id' })
    await expect(find('any', randomUUID(), timeLimit())).rejects.toMatchObject({
      code: 'SPILLWAY_STATUS_UNAVAILABLE',
      cause: { code: 'SPILLWAY_DATABASE_UNAVAILABLE' },
    })
  })

  it('without the table is reported', async () => {
    const { db } = openKysely<{ nothing: { id: string } }>(database.url)
    const { find } = kyselyStatus({ db, table: 'nothing', key: 'id' })
    await expect(find('any', randomUUID(), timeLimit())).rejects.toMatchObject({
      code: 'SPILLWAY_STATUS_UNAVAILABLE',
      cause: {
        code: 'SPILLWAY_TABLE_UNKNOWN',
        message:
          'The table or a column that is read does not exist (SQLSTATE 42P01: relation "nothing" does not exist): run the migration.',
      },
    })
  })

  it('that does not let the function read is reported as such', async () => {
    await execute(
      database.url,
      'create table secret (id uuid primary key); revoke all on secret from current_user',
    )
    const { db } = openKysely<{ secret: { id: string } }>(database.url)
    const { find } = kyselyStatus({ db, table: 'secret', key: 'id' })
    await expect(find('any', randomUUID(), timeLimit())).rejects.toMatchObject({
      code: 'SPILLWAY_STATUS_UNAVAILABLE',
      cause: {
        code: 'SPILLWAY_STATUS_UNAVAILABLE',
        message:
          'The database refuses to read (SQLSTATE 42501: permission denied for table secret): check the schema and the rights; the function needs select.',
        cause: { code: '42501' },
      },
    })
  })

  it('gets no further statement when the caller aborts', async () => {
    const { source } = openOrders()
    await expect(
      source.find('order.placed', randomUUID(), timeLimit(20_000, AbortSignal.abort())),
    ).rejects.toMatchObject({ code: 'SPILLWAY_STATUS_UNAVAILABLE', cause: { code: 'SPILLWAY_DEADLINE' } })
  })
})

it.each([
  {},
  { db: openNothing(), table: 'orders' },
  { db: openNothing(), table: 'orders', key: '' },
  { db: openNothing(), table: 'orders', key: 'id', name: '' },
  { db: openNothing(), table: 'orders', key: 'id', parked: {} },
  { db: openNothing(), table: 'orders', key: 'id', colum: 'x' },
])('refuses the options %o', (options) => {
  expect(() => kyselyStatus(options as never)).toThrow(
    expect.objectContaining({ code: 'SPILLWAY_OPTION_INVALID' }),
  )
})

function openNothing() {
  return { selectFrom: () => undefined, transaction: () => undefined }
}
