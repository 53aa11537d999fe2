import { randomUUID } from 'node:crypto'
import type { MessageRecord } from '@spillway/message'
import { CamelCasePlugin, type Kysely } from 'kysely'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Conflict, kyselyWriter } from '../index.ts'
import { clear, execute, openKysely, record, timeLimit } from '../testing/database.ts'
import { useItemDatabase } from '../testing/items.ts'
import { describeMysql, executeMysql, openMysql } from '../testing/mysql.ts'

interface Stock {
  id: string
  amount: number
  note: string | null
  version: number
}
interface Tables {
  stock: Stock
}
interface Opened {
  readonly db: Kysely<Tables>
  readonly inserts: string[]
  rows(): Promise<Record<string, unknown>[]>
}

const table = `create table stock (
  id varchar(36) primary key, amount int not null check (amount >= 0), note varchar(8) default 'new', version int
)`
const select = 'select amount, note, version from stock order by id'

function rules(open: () => Opened): void {
  const duplicate = expect.stringMatching(/^(?:23505|MYSQL_1062)$/)
  const row = ({ body }: MessageRecord<Partial<Stock>>) => body as Stock
  const send = async (opened: Opened, conflict: Conflict<Stock>, ...bodies: Partial<Stock>[]) => {
    const write = kyselyWriter({ db: opened.db, insertInto: 'stock', row, conflict })
    const outcomes = await write(
      bodies.map((body) => record<Partial<Stock>>({ id: 'a', note: null, ...body })),
      timeLimit(),
    )
    return outcomes.map(({ kind }) => kind)
  }
  const newest = { on: 'id', do: 'update', version: 'version' } as const

  it('do nothing: the first row stays', async () => {
    const opened = open()
    const conflict = { on: ['id'], do: 'nothing' } as const
    expect(await send(opened, conflict, { amount: 1, version: 1 }, { amount: 2, version: 2 })).toEqual([
      'done',
      'done',
    ])
    expect(await send(opened, conflict, { amount: 3, version: 3 })).toEqual(['done'])
    expect(await opened.rows()).toEqual([{ amount: 1, note: null, version: 1 }])
  })

  it('update by version: the greatest wins in a batch in any order, in one statement', async () => {
    const opened = open()
    const bodies = [2, 10, 9].map((version) => ({ amount: version, version }))
    expect(await send(opened, newest, ...bodies)).toEqual(['done', 'done', 'done'])
    expect(await opened.rows()).toEqual([{ amount: 10, note: null, version: 10 }])
    expect(opened.inserts).toHaveLength(1)
  })

  it('update by version: only a row with a greater version replaces a row', async () => {
    const opened = open()
    await send(opened, newest, { amount: 5, version: 5 })
    for (const version of [4, 5]) expect(await send(opened, newest, { amount: 9, version })).toEqual(['done'])
    expect(await opened.rows()).toEqual([{ amount: 5, note: null, version: 5 }])
    expect(await send(opened, newest, { amount: 6, note: 'six', version: 6 })).toEqual(['done'])
    expect(await opened.rows()).toEqual([{ amount: 6, note: 'six', version: 6 }])
  })

  it('update by version: a stored row without a version is older than any other', async () => {
    const opened = open()
    await opened.db
      .insertInto('stock')
      .values({ id: 'a', amount: 1, note: null, version: null as never })
      .execute()
    await send(opened, newest, { amount: 2, version: -7 })
    expect(await opened.rows()).toEqual([{ amount: 2, note: null, version: -7 }])
  })

  it('update by version: parks a message without a version', async () => {
    const opened = open()
    expect(await send(opened, newest, { amount: 1 }, { id: 'b', amount: 1, version: 1 })).toEqual([
      'park',
      'done',
    ])
  })

  it('update of named columns: the others stay, and the version advances', async () => {
    const opened = open()
    await send(opened, newest, { amount: 1, note: 'one', version: 1 })
    await send(opened, { ...newest, set: ['amount'] }, { amount: 2, note: 'two', version: 2 })
    expect(await opened.rows()).toEqual([{ amount: 2, note: 'one', version: 2 }])
  })

  it('update without a version: the last of a batch wins', async () => {
    const opened = open()
    const conflict = { on: 'id', do: 'update' } as const
    await send(opened, conflict, { amount: 9, version: 9 })
    const bodies = [3, 1, 2].map((version) => ({ amount: version, version }))
    expect(await send(opened, conflict, ...bodies)).toEqual(['done', 'done', 'done'])
    expect(await opened.rows()).toEqual([{ amount: 2, note: null, version: 2 }])
  })

  it('update: a column that a row omits is not changed', async () => {
    const opened = open()
    const write = kyselyWriter({ db: opened.db, insertInto: 'stock', row, conflict: newest })
    await write([record<Partial<Stock>>({ id: 'a', amount: 1, note: 'kept', version: 1 })], timeLimit())
    await write([record<Partial<Stock>>({ id: 'a', amount: 2, version: 2 })], timeLimit())
    expect(await opened.rows()).toEqual([{ amount: 2, note: 'kept', version: 2 }])
  })

  it('update: the last of a batch wins, even if the rows have different columns', async () => {
    const opened = open()
    const bodies: readonly Partial<Stock>[] = [
      { id: 'a', amount: 1 },
      { id: 'b', amount: 2, version: 2 },
      { id: 'b', amount: 3 },
    ]
    const write = kyselyWriter({
      db: opened.db,
      insertInto: 'stock',
      row,
      conflict: { on: 'id', do: 'update' },
    })
    expect(
      await write(
        bodies.map((body) => record(body)),
        timeLimit(),
      ),
    ).toEqual(new Array(3).fill({ kind: 'done' }))
    expect(await opened.rows()).toEqual([
      { amount: 1, note: 'new', version: null },
      { amount: 3, note: 'new', version: 2 },
    ])
    expect(opened.inserts).toHaveLength(3)
  })

  it('update: the last of a batch wins, even if an earlier one was redelivered and another is refused', async () => {
    const opened = open()
    const write = kyselyWriter({
      db: opened.db,
      insertInto: 'stock',
      row,
      conflict: { on: 'id', do: 'update' },
    })
    const outcomes = await write(
      [
        record<Partial<Stock>>({ id: 'b', amount: 2 }),
        record<Partial<Stock>>({ id: 'b', amount: 3 }, { receiveCount: 2 }),
        record<Partial<Stock>>({ id: 'b', amount: 4 }),
        record<Partial<Stock>>({ id: 'c', amount: -1 }, { receiveCount: 2 }),
      ],
      timeLimit(),
    )
    expect(outcomes.map(({ kind }) => kind)).toEqual(['done', 'done', 'done', 'park'])
    expect(await opened.rows()).toEqual([{ amount: 4, note: 'new', version: null }])
  })

  it('update: a refused row is parked alone', async () => {
    const opened = open()
    const bodies = Array.from({ length: 50 }, (_, index) => ({
      id: randomUUID(),
      amount: index === 17 ? -1 : index,
      version: 1,
    }))
    const kinds = await send(opened, newest, ...bodies)
    expect(kinds.filter((kind) => kind === 'done')).toHaveLength(49)
    expect(kinds[17]).toBe('park')
  })

  it('fail: a duplicate is parked, in the batch and after it', async () => {
    const opened = open()
    const conflict = { on: 'id', do: 'fail' } as const
    const both = await send(opened, conflict, { amount: 1, version: 1 }, { amount: 2, version: 2 })
    expect(both.toSorted()).toEqual(['done', 'park'])
    const write = kyselyWriter({ db: opened.db, insertInto: 'stock', row, conflict })
    const outcomes = await write(
      ['a', 'b', 'c'].map((id) => record<Partial<Stock>>({ id, amount: 5, version: 5 })),
      timeLimit(),
    )
    expect(outcomes).toMatchObject([
      { kind: 'park', reason: { code: duplicate } },
      { kind: 'done' },
      { kind: 'done' },
    ])
    expect(await opened.rows()).toHaveLength(3)
  })
}

describe('a conflict in Postgres', () => {
  const database = useItemDatabase()
  beforeAll(() => execute(database.url, table))
  beforeEach(() => clear(database.url, ['stock']))
  const open = () => ({ ...openKysely<Tables>(database.url), rows: () => execute(database.url, select) })
  rules(open)

  it('update: two spellings of a key are one, and the greater version wins', async () => {
    await execute(database.url, 'create table prices (id uuid primary key, "at" timestamptz, cents int)')
    const { db, inserts } = openKysely<{ prices: { id: string; at: string; cents: number } }>(database.url)
    const row = ({ body }: MessageRecord<{ id: string; at: string; cents: number }>) => body
    const conflict = { on: 'id', do: 'update', version: 'at' } as const
    const id = randomUUID()
    // As texts, these times sort in the opposite order.
    const bodies = [
      { id, at: '2026-01-01T00:30:00+01:00', cents: 1 },
      { id: id.toUpperCase(), at: '2025-12-31T23:45:00Z', cents: 2 },
    ]
    const write = kyselyWriter({ db, insertInto: 'prices', row, conflict })
    expect(
      await write(
        bodies.map((body) => record(body)),
        timeLimit(),
      ),
    ).toEqual([{ kind: 'done' }, { kind: 'done' }])
    expect(await db.selectFrom('prices').select('cents').execute()).toEqual([{ cents: 2 }])
    expect(inserts).toHaveLength(1)
  })

  it('update: applies plugins and named schemas', async () => {
    await execute(database.url, 'create table shop.price_list (the_id text primary key, last_version int)')
    const { db } = openKysely<{ priceList: { theId: string; lastVersion: number } }>(database.url)
    const row = ({ body }: MessageRecord<{ theId: string; lastVersion: number }>) => body
    const conflict = { on: 'theId', do: 'update', version: 'lastVersion' } as const
    const plugged = db.withPlugin(new CamelCasePlugin()).withSchema('shop')
    const write = kyselyWriter({ db: plugged, insertInto: 'priceList', row, conflict })
    for (const lastVersion of [1, 3, 2]) {
      expect(await write([record({ theId: 'a', lastVersion })], timeLimit())).toEqual([{ kind: 'done' }])
    }
    expect(await execute(database.url, 'select last_version as v from shop.price_list')).toEqual([{ v: 3 }])
  })
})

describeMysql('a conflict in MySQL or MariaDB', (database) => {
  beforeAll(() => executeMysql(database.url, table).then(() => undefined))
  beforeEach(() => executeMysql(database.url, 'delete from stock').then(() => undefined))
  rules(() => ({ ...openMysql<Tables>(database.url), rows: () => executeMysql(database.url, select) }))
})
