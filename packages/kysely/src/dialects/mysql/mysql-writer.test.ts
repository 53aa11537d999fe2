import { randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import type { MessageRecord } from '@spillway/message'
import { CamelCasePlugin } from 'kysely'
import { beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest'
import { kyselyWriter } from '../../index.ts'
import { record, timeLimit } from '../../testing/database.ts'
import { type Database, fields, type Item, items, kinds } from '../../testing/items.ts'
import { connectMysql, describeMysql, executeMysql, openMysql, queryMysql } from '../../testing/mysql.ts'

type Kinds = Record<string, unknown> & { id: string }

describeMysql('the writer with MySQL or MariaDB', (database) => {
  const run = (text: string) => executeMysql(database.url, text)
  const itemWriter = (connections = 1) => {
    const { db, inserts } = openMysql<Database>(database.url, connections)
    const row = ({ body }: MessageRecord<Item>) => fields(body)
    return { write: kyselyWriter({ db, insertInto: 'items', row, conflict: 'id' }), inserts, db }
  }
  const count = async (table = 'items') => Number((await run(`select count(*) as n from ${table}`))[0]?.n)

  beforeAll(() =>
    run(`create table parents (id char(36) primary key);
      create table items (
        id char(36) primary key,
        total bigint not null, constraint total_positive check (total >= 0),
        note varchar(8) character set utf8mb3, constraint note_unique unique (note),
        parent char(36), constraint item_parent foreign key (parent) references parents (id)
      );
      create table kinds (
        id char(36) primary key, text text character set utf8mb4, doc json, bytes blob, flag boolean, at datetime(3), number decimal(10, 2),
        big bigint, small tinyint, bits bit(8), mood enum ('happy', 'sad')
      )`),
  )
  beforeEach(() => run('delete from items; delete from parents; delete from kinds'))

  it('writes a batch of 1,000 with one statement, and a redelivery changes nothing', async () => {
    const { write, inserts } = itemWriter()
    const batch = items(1000)
    expect(kinds(await write(batch, timeLimit()))).toEqual(['done'])
    expect(inserts).toHaveLength(1)
    const again = batch.map(({ body }) => record<Item>({ ...body, total: 99 }, { receiveCount: 2 }))
    expect(kinds(await write(again, timeLimit()))).toEqual(['done'])
    expect(await run('select distinct total from items')).toEqual([{ total: 1 }])
    expect(await count()).toBe(1000)
  })

  it('writes the first row of a key that occurs five times', async () => {
    const { write } = itemWriter()
    const id = randomUUID()
    const batch = [5, 4, 3, 2, 1].map((total) => record<Item>({ id, total }))
    expect(await write(batch, timeLimit())).toEqual(new Array(5).fill({ kind: 'done' }))
    expect(await run('select total from items')).toEqual([{ total: 5 }])
  })

  it('sends at most 65,535 values in a statement', async () => {
    const { write, inserts } = itemWriter()
    expect(kinds(await write(items(17_000), timeLimit(30_000)))).toEqual(['done'])
    expect(inserts).toHaveLength(2)
    expect(await count()).toBe(17_000)
  })

  it('sends no statement that is larger than the largest packet', async () => {
    const { db, inserts } = openMysql<{ kinds: Kinds }>(database.url)
    const row = ({ body }: MessageRecord<Kinds>) => body
    const write = kyselyWriter({ db, insertInto: 'kinds', row, conflict: 'id' })
    const [packet] = await run('select @@max_allowed_packet as size')
    const each = 60_000
    const enough = Math.ceil(Number(packet?.size) / each) + 1
    const bodies = Array.from({ length: enough }, () => record({ id: randomUUID(), text: "'".repeat(each) }))
    expect(kinds(await write(bodies, timeLimit(50_000)))).toEqual(['done'])
    expect(inserts.length).toBeGreaterThan(1)
    expect(await count('kinds')).toBe(enough)
  })

  it('parks five refused rows of 500 with their reasons, and writes the others', async () => {
    const { write, inserts } = itemWriter()
    const bad: Readonly<Record<number, Partial<Item>>> = {
      3: { total: 2n ** 63n },
      77: { note: '😀' },
      78: { total: null },
      300: { note: 'far too long a secret' },
      499: { total: -5 },
    }
    const outcomes = await write(
      items(500, (index) => bad[index] ?? {}),
      timeLimit(),
    )
    const reasons = Object.keys(bad).map((index) => {
      const outcome = outcomes[Number(index)]
      return outcome?.kind === 'park' ? `${outcome.reason.code} ${outcome.reason.detail}` : outcome?.kind
    })
    const refuses = 'The database refuses the row:'
    expect(reasons).toEqual([
      `MYSQL_1264 ${refuses} a number is out of range for column "total".`,
      `MYSQL_1366 ${refuses} a value is malformed for the type of column "note", or has a character that it cannot store.`,
      `MYSQL_1048 ${refuses} not-null constraint on column "total".`,
      `MYSQL_1406 ${refuses} a text is too long for column "note".`,
      expect.stringMatching(/^MYSQL_(?:4025|3819) .* check constraint "total_positive"\.$/),
    ])
    expect(outcomes.filter(({ kind }) => kind === 'done')).toHaveLength(495)
    expect(await count()).toBe(495)
    expect(inserts.length).toBeLessThanOrEqual(2 * 5 * Math.log2(500) + 4)
  })

  it('does not treat a conflict of another unique constraint as "already written"', async () => {
    const { write } = itemWriter()
    const note = { note: 'secret' }
    await write(
      items(1, () => note),
      timeLimit(),
    )
    const outcomes = await write(
      items(3, (index) => (index === 1 ? note : {})),
      timeLimit(),
    )
    expect(outcomes).toMatchObject([
      { kind: 'done' },
      {
        kind: 'park',
        reason: {
          code: 'MYSQL_1062',
          detail: 'The database refuses the row: unique constraint "note_unique".',
        },
      },
      { kind: 'done' },
    ])
    expect(inspect(outcomes, { depth: 10 })).not.toContain('secret')
    expect(await count()).toBe(3)
  })

  it('retries a row without its parent 3 times, then parks it', async () => {
    const { write } = itemWriter()
    const orphan = record<Item>({ id: randomUUID(), parent: randomUUID() })
    const [other, early] = await write([...items(1), orphan], timeLimit())
    expect([other?.kind, early?.kind]).toEqual(['done', 'retry'])
    const [late] = await write([{ ...orphan, receiveCount: 4 }], timeLimit())
    expect(late).toMatchObject({ kind: 'park', reason: { code: 'MYSQL_1452' } })
    expect(late).toMatchObject({ reason: { detail: expect.stringContaining('constraint "item_parent"') } })
  })

  it.each([
    ['text', 'quoted \' " \\ ` ; -- ✓ 😀 \n'],
    ['text', { a: 1 }, '{"a":1}'],
    ['text', ['a', "b'"], `["a","b'"]`],
    ['doc', { a: [1, { b: null }] }, '{"a":[1,{"b":null}]}'],
    ['bytes', Buffer.from([0, 39, 92, 255])],
    ['bytes', new Uint8Array([1, 2, 3]).subarray(1), Buffer.from([2, 3])],
    ['flag', true, 1],
    ['at', new Date('2026-11-23T12:34:56.789Z')],
    ['number', 1.5, '1.50'],
    ['big', 2n ** 53n - 1n, Number.MAX_SAFE_INTEGER],
    ['bits', 5n, Buffer.from([5])],
    ['mood', 'sad'],
    ['mood', null],
  ])('stores %s unchanged: %o', async (column, value, stored: unknown = value) => {
    const { db } = openMysql<{ kinds: Kinds }>(database.url, 1, { jsonStrings: true })
    const row = ({ body }: MessageRecord<Kinds>) => body
    const write = kyselyWriter({ db, insertInto: 'kinds', row, conflict: 'id' })
    expect(await write([record({ id: randomUUID(), [column]: value })], timeLimit())).toEqual([
      { kind: 'done' },
    ])
    const found = await db.selectFrom('kinds').selectAll().executeTakeFirstOrThrow()
    expect(found[column]).toEqual(stored)
  })

  it.each([
    ['small', 300, 'MYSQL_1264'],
    ['mood', 'angry', 'MYSQL_1265'],
    ['at', 'yesterday-ish', 'MYSQL_1292'],
    ['number', 'many', 'MYSQL_1366'],
    ['number', Number.NaN, 'SPILLWAY_ROW_INVALID'],
    ['doc', '{', /^MYSQL_(?:4025|3140)$/],
  ])('parks a value instead of changing it: %s = %o', async (column, value, code) => {
    const { db } = openMysql<{ kinds: Kinds }>(database.url)
    const row = ({ body }: MessageRecord<Kinds>) => body
    const write = kyselyWriter({ db, insertInto: 'kinds', row, conflict: 'id' })
    const bodies = [{}, { [column]: value }].map((values) => record({ id: randomUUID(), ...values }))
    const outcomes = await write(bodies, timeLimit())
    const expected = typeof code === 'string' ? code : expect.stringMatching(code)
    expect(outcomes).toMatchObject([{ kind: 'done' }, { kind: 'park', reason: { code: expected } }])
  })

  it('applies the plugins of Kysely', async () => {
    await run('create table camel_case (the_id char(36) primary key, long_name text, last_version int)')
    const { db } = openMysql<{ camelCase: { theId: string; longName: string; lastVersion: number } }>(
      database.url,
    )
    const row = ({ body }: MessageRecord<Item>) => ({ theId: body.id, longName: 'x', lastVersion: 1 })
    const write = kyselyWriter({
      db: db.withPlugin(new CamelCasePlugin()),
      insertInto: 'camelCase',
      row,
      conflict: { on: 'theId', do: 'update', version: 'lastVersion' },
    })
    expect(kinds(await write(items(3), timeLimit()))).toEqual(['done'])
    expect(await count('camel_case')).toBe(3)
  })

  it('accepts a key of two columns, one of which may be null in the table', async () => {
    await run('create table pairs (Tenant varchar(9), id varchar(9) not null, v int, unique (Tenant, id))')
    const { db } = openMysql<{ pairs: { Tenant: string; id: string; v: number } }>(database.url)
    const row = ({ body }: MessageRecord<{ Tenant: string; id: string; v: number }>) => body
    const write = kyselyWriter({ db, insertInto: 'pairs', row, conflict: ['id', 'Tenant'] })
    const bodies = ['aa', 'ab', 'ba', 'aa'].map(([Tenant = '', id = ''], v) => record({ Tenant, id, v }))
    expect(kinds(await write(bodies, timeLimit()))).toEqual(['done'])
    expect(kinds(await write(bodies, timeLimit()))).toEqual(['done'])
    expect((await run('select v from pairs order by v')).map(({ v }) => v)).toEqual([0, 1, 2])
  })

  it('writes nothing if the server would lose rows without an error', async () => {
    await run(`create table keyless (id char(36) not null, total int);
      create table nullable (id char(36) unique, total int)`)
    for (const insertInto of ['keyless', 'nullable'] as const) {
      const { db } = openMysql<Record<typeof insertInto, { id: string; total: number }>>(database.url)
      const row = ({ body }: MessageRecord<Item>) => ({ id: body.id, total: 1 })
      const write = kyselyWriter({ db, insertInto, row, conflict: 'id' })
      const [outcome] = await write(items(1), timeLimit())
      expect(outcome).toMatchObject({ kind: 'retry', cause: { code: 'SPILLWAY_WRITE_FAILED' } })
      expect(await count(insertInto)).toBe(0)
    }
    const { write, db } = itemWriter()
    await db.connection().execute(async (connection) => {
      const { sql } = await import('kysely')
      await sql`set session sql_mode = ''`.execute(connection)
    })
    const [outcome] = await write(
      items(1, () => ({ note: 'far too long' })),
      timeLimit(),
    )
    expect(outcome).toMatchObject({ kind: 'retry', cause: { code: 'SPILLWAY_WRITE_FAILED' } })
    expect(await count()).toBe(0)
  })

  it('parks nothing if the table is missing, and writes after it was created', async () => {
    const { db } = openMysql<Database>(database.url)
    const row = ({ body }: MessageRecord<Item>) => ({ id: body.id })
    const write = kyselyWriter({ db, insertInto: 'missing', row, conflict: 'id' })
    const [outcome] = await write(items(1), timeLimit())
    expect(outcome).toMatchObject({ kind: 'retry', cause: { code: 'SPILLWAY_TABLE_UNKNOWN' } })
    await run('create table missing (id char(36) primary key)')
    expect(kinds(await write(items(10), timeLimit()))).toEqual(['done'])
    await run('drop table missing')
    expect(await write(items(1), timeLimit())).toMatchObject([
      { kind: 'retry', cause: { code: 'SPILLWAY_TABLE_UNKNOWN' } },
    ])
  })

  it('answers in time for a locked row, and can continue at once', async () => {
    const { write } = itemWriter()
    const batch = items(10)
    await write(items(1), timeLimit())
    const locker = connectMysql(database.url)
    onTestFinished(() => locker.destroy())
    await queryMysql(locker, `begin; insert into items (id, total) values ('${batch[4]?.body.id}', 7)`)
    const start = performance.now()
    const outcomes = await write(batch, timeLimit(4_000))
    expect(performance.now() - start).toBeLessThan(10_000)
    expect(outcomes[4]?.kind).toBe('retry')
    // Smaller statements are tried at the end, so its batch-mates may have been written.
    for (const { kind } of outcomes) expect(['retry', 'done']).toContain(kind)
    const other = performance.now()
    expect(kinds(await write(items(1), timeLimit()))).toEqual(['done'])
    expect(performance.now() - other).toBeLessThan(5_000)
    await queryMysql(locker, 'rollback')
    expect(kinds(await write(batch, timeLimit()))).toEqual(['done'])
    expect(await count()).toBe(12)
  })

  it('survives the end of its idle connections', async () => {
    const { write } = itemWriter()
    await write(items(5), timeLimit())
    const others = await run(
      `select group_concat('kill ', id separator ';') as kills from information_schema.processlist
       where db = database() and id <> connection_id()`,
    )
    await run(String(others[0]?.kills))
    expect(kinds(await write(items(5), timeLimit()))).toEqual(['done'])
    expect(await count()).toBe(10)
  })
})
