import { randomUUID } from 'node:crypto'
import type { MessageRecord } from '@spillway/message'
import { describe, expect, it } from 'vitest'
import { classifyError, kyselyWriter } from '../../index.ts'
import { record, timeLimit } from '../../testing/database.ts'
import { fields, type Item, items, kinds } from '../../testing/items.ts'
import { openSqlite } from '../../testing/sqlite.ts'

const schema = `
  pragma foreign_keys = on;
  create table parents (id text primary key);
  create table items (
    id text primary key,
    total integer not null constraint total_positive check (total >= 0),
    note text unique,
    parent text references parents
  ) strict;
  create table kinds (id text primary key, doc text, bytes blob, at text, flag integer, size integer, anything any) strict`

function open() {
  const { db, ...rest } = openSqlite<{
    items: Required<Item>
    kinds: Record<string, unknown> & { id: string }
  }>(schema)
  const row = ({ body }: MessageRecord<Item>) => fields(body)
  return { db, ...rest, write: kyselyWriter({ db, insertInto: 'items', row, conflict: 'id' }) }
}

describe('the writer with SQLite', () => {
  it('writes a batch with one statement, and a redelivery changes nothing', async () => {
    const { write, inserts, execute } = open()
    const batch = items(1000)
    expect(kinds(await write(batch, timeLimit()))).toEqual(['done'])
    expect(inserts).toHaveLength(1)
    const again = batch.map(({ body }) => record<Item>({ ...body, total: 99 }, { receiveCount: 2 }))
    expect(kinds(await write(again, timeLimit()))).toEqual(['done'])
    expect(execute('select distinct total from items').map((row) => ({ ...row }))).toEqual([{ total: 1 }])
  })

  it('keeps to the variables of a statement', async () => {
    const { write, inserts } = open()
    expect(kinds(await write(items(9_000), timeLimit()))).toEqual(['done'])
    expect(inserts).toHaveLength(2)
  })

  it('parks refused rows with their reasons, and writes the others', async () => {
    const { write } = open()
    await write(
      items(1, () => ({ note: 'taken' })),
      timeLimit(),
    )
    const bad: Readonly<Record<number, Partial<Item>>> = {
      1: { total: -1 },
      2: { total: null },
      3: { note: 'taken' },
      4: { total: 'many' as never },
      5: { parent: randomUUID() },
    }
    const outcomes = await write(
      items(7, (index) => bad[index] ?? {}),
      timeLimit(),
    )
    const detail = (rule: string) => `The database refuses the row: ${rule}.`
    expect(outcomes).toMatchObject([
      { kind: 'done' },
      { kind: 'park', reason: { code: 'SQLITE_275', detail: detail('check constraint "total_positive"') } },
      {
        kind: 'park',
        reason: { code: 'SQLITE_1299', detail: detail('not-null constraint on column "items.total"') },
      },
      { kind: 'park', reason: { code: 'SQLITE_2067', detail: detail('unique constraint on "items.note"') } },
      {
        kind: 'park',
        reason: {
          code: 'SQLITE_3091',
          detail: detail('a TEXT value does not fit the INTEGER column "items.total"'),
        },
      },
      { kind: 'retry' },
      { kind: 'done' },
    ])
  })

  it.each([
    ['doc', { a: [1] }, '{"a":[1]}'],
    ['bytes', Buffer.from([0, 255]), new Uint8Array([0, 255])],
    ['at', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['flag', true, 1],
    ['size', 12n, 12],
    // A column of any type keeps what it is given: a number, as a plain insert has it, not its text.
    ['anything', 12n, 12],
    ['size', null, null],
  ])('stores %s: %o', async (column, value, stored) => {
    const { db, execute } = open()
    const row = ({ body }: MessageRecord<Record<string, unknown> & { id: string }>) => body
    const write = kyselyWriter({ db, insertInto: 'kinds', row, conflict: 'id' })
    expect(await write([record({ id: 'a', [column]: value })], timeLimit())).toEqual([{ kind: 'done' }])
    expect(execute('select * from kinds')[0]?.[column]).toEqual(stored)
  })

  it.each(['nothing', 'update'] as const)(
    'parks a key that is equal to another by its collation (%s)',
    async (action) => {
      const { db, execute } = openSqlite<{ texts: { id: string; v: number } }>(
        'create table texts (id text collate nocase primary key, v integer) strict',
      )
      const row = ({ body }: MessageRecord<{ id: string; v: number }>) => body
      const write = kyselyWriter({ db, insertInto: 'texts', row, conflict: { on: 'id', do: action } })
      const bodies = ['ABC', 'abc', 'other'].map((id, v) => record({ id, v }))
      const detail =
        'The database refuses the row: another key is in the table, which the unique constraint of "id" (collation nocase) takes for equal.'
      const expected = [
        { kind: 'done' },
        { kind: 'park', reason: { code: 'SQLITE_2067', detail } },
        { kind: 'done' },
      ]
      for (const _ of [1, 2]) expect(await write(bodies, timeLimit())).toMatchObject(expected)
      expect(execute('select id, v from texts order by v').map((found) => ({ ...found }))).toEqual([
        { id: 'ABC', v: 0 },
        { id: 'other', v: 2 },
      ])
    },
  )

  it('parks nothing without the table', async () => {
    const { db } = openSqlite<{ items: { id: string } }>('')
    const row = ({ body }: MessageRecord<Item>) => ({ id: body.id })
    const write = kyselyWriter({ db, insertInto: 'items', row, conflict: 'id' })
    expect(await write(items(1), timeLimit())).toMatchObject([
      { kind: 'retry', cause: { code: 'SPILLWAY_TABLE_UNKNOWN' } },
    ])
  })
})

describe('classifyError', () => {
  it.each([
    ['SQLITE_BUSY_SNAPSHOT', 'transient'],
    ['SQLITE_CONSTRAINT_PRIMARYKEY', 'duplicate'],
    ['SQLITE_CONSTRAINT_NOTNULL', 'permanent'],
    ['SQLITE_CONSTRAINT_FOREIGNKEY', 'ordering'],
    ['SQLITE_CONSTRAINT_TRIGGER', 'unknown'],
    ['SQLITE_READONLY_DBMOVED', 'systemic'],
    ['SQLITE_FULL', 'systemic'],
    ['SQLITE_NOLFS', 'unknown'],
  ])('takes %s of better-sqlite3 for %s', (code, failure) => {
    expect(classifyError(Object.assign(new Error('x'), { code }))).toBe(failure)
  })
})
