import { randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import type { MessageRecord } from '@spillway/message'
import { CamelCasePlugin } from 'kysely'
import { describe, expect, it } from 'vitest'
import { kyselyWriter } from '../index.ts'
import { execute, openKysely, record, timeLimit } from '../testing/database.ts'
import { count, type Database, type Item, items, kinds, useItemDatabase } from '../testing/items.ts'

const database = useItemDatabase()

describe('rows', () => {
  const bytes = Buffer.from([0, 1, 92, 255])
  const at = new Date('2026-11-23T12:34:56.789Z')
  const cases: readonly (readonly [column: string, value: unknown, stored?: unknown])[] = [
    ['text', 'a "quoted" \\ {brace}, NULL \n ✓ 😀'],
    ['text', 'NULL'],
    ['text', ''],
    ['text', '\\x00'],
    ['text', { a: 1 }, '{"a":1}'],
    ['short', 'abcd'],
    ['fixed', 'ab', 'ab '],
    ['number', '12345678.90'],
    ['number', 1.5, '1.50'],
    ['big', 9223372036854775807n, '9223372036854775807'],
    ['small', -32768],
    ['real', 0.1],
    ['real', Number.NaN],
    ['flag', false],
    ['at', at],
    ['at', at.toISOString(), at],
    ['local', at],
    ['day', '2026-11-23', new Date(2026, 10, 23)],
    ['doc', { a: [1, { b: null }], quote: '"' }],
    ['doc', '{"text":"already JSON"}', { text: 'already JSON' }],
    ['doc', 7],
    ['doc', true],
    ['doc', null],
    ['plain', { z: 1 }],
    ['list', [1, 'two', { three: 3 }]],
    ['list', []],
    ['tags', ['a', 'b,c', '"', '\\', '', null]],
    ['tags', []],
    [
      'matrix',
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ['docs', [{ a: '"1"' }, [1]]],
    ['bytes', bytes],
    ['bytes', new Uint8Array(bytes), bytes],
    ['mood', 'sad'],
    ['moods', ['happy', 'sad'], '{happy,sad}'],
    ['code', 'abc'],
    ['document', [1, 2]],
    ['box', '(1,1),(0,0)'],
    ['point', '(1,2,"a, b")'],
    ['point', { toPostgres: () => '(1,,)' }, '(1,,)'],
    ['point', { toPostgres: () => null }, null],
    ['points', ['(1,2,a)', null], '{"(1,2,a)",NULL}'],
    ['known', '(1,2,a)'],
    ['boxes', '{(1,1),(0,0);(2,2),(1,1)}'],
    ['bits', '101'],
    ['net', '10.0.0.0/8'],
    ['Weird "name', 'x'],
  ]
  const kindWriter = () => {
    const { db, inserts } = openKysely<Database>(database.url)
    const row = (message: MessageRecord<Database['kinds']>) => message.body
    return { write: kyselyWriter({ db, insertInto: 'kinds', row, conflict: 'id' }), inserts, db }
  }

  for (const [column, value, stored = value] of cases) {
    it(`round-trip ${column}: ${inspect(value)}`, async () => {
      const { write, db } = kindWriter()
      const id = randomUUID()
      expect(await write([record({ id, [column]: value })], timeLimit())).toEqual([{ kind: 'done' }])
      const found = await db.selectFrom('kinds').selectAll().executeTakeFirstOrThrow()
      expect(found[column]).toEqual(stored)
    })
  }

  it.each([
    ['short', 'abcde', '22001'],
    ['fixed', 'abcd', '22001'],
    ['code', 'abcd', '22001'],
    ['code', 'bad', '23514'],
    ['bits', '1010', '22026'],
    ['big', 2n ** 63n, '22003'],
    ['number', 1e9, '22003'],
    ['text', 'a\0b', '22021'],
    ['doc', '{', '22P02'],
    ['doc', { a: '\0' }, '22P05'],
    ['mood', 'angry', '22P02'],
    ['at', 'yesterday-ish', '22007'],
    ['document', Number.NaN, '22P02'],
  ])('are parked instead of changed: %s = %o', async (column, value, code) => {
    const { write } = kindWriter()
    const good = record({ id: randomUUID() })
    const outcomes = await write([good, record({ id: randomUUID(), [column]: value })], timeLimit())
    expect(outcomes).toMatchObject([{ kind: 'done' }, { kind: 'park', reason: { code } }])
    expect(await count(database.url, 'kinds')).toBe(1)
  })

  it('get the defaults of omitted columns, with one statement for each set of columns', async () => {
    const { db, inserts } = openKysely<Database>(database.url)
    const row = ({ body }: MessageRecord<{ id: string; state?: string }>) => ({ ...body, state: body.state })
    const write = kyselyWriter({ db, insertInto: 'defaults', row, conflict: 'id' })
    const bodies = [{}, { state: 'paid' }, {}].map((body) => record({ id: randomUUID(), ...body }))
    expect(kinds(await write(bodies, timeLimit()))).toEqual(['done'])
    const states = await db.selectFrom('defaults').select('state').orderBy('state').execute()
    expect(states.map(({ state }) => state)).toEqual(['new', 'new', 'paid'])
    expect(inserts).toHaveLength(2)
  })

  it('go to the table of a named schema', async () => {
    const { db } = openKysely<Database>(database.url)
    const row = ({ body }: MessageRecord<Item>) => ({ id: body.id, total: 5 })
    const named = kyselyWriter({ db, insertInto: 'shop.items', row, conflict: 'id' })
    const chosen = kyselyWriter({ db: db.withSchema('shop'), insertInto: 'items', row, conflict: 'id' })
    for (const write of [named, chosen]) expect(kinds(await write(items(2), timeLimit()))).toEqual(['done'])
    expect(await count(database.url, 'shop.items')).toBe(4)
  })

  it('are written with the plugins of Kysely', async () => {
    const { db } = openKysely<{ camelCase: { id: string; longName: string } }>(database.url)
    await execute(database.url, 'create table camel_case (id uuid primary key, long_name text)')
    const row = ({ body }: MessageRecord<Item>) => ({ id: body.id, longName: 'x' })
    const write = kyselyWriter({
      db: db.withPlugin(new CamelCasePlugin()),
      insertInto: 'camelCase',
      row,
      conflict: 'id',
    })
    expect(kinds(await write(items(3), timeLimit()))).toEqual(['done'])
    expect(await count(database.url, 'camel_case')).toBe(3)
  })

  it('cannot inject SQL', async () => {
    const { db } = openKysely<Database>(database.url)
    const row = ({ body }: MessageRecord<Item>) => ({
      id: body.id,
      'note") values (1); drop table items; --': 1,
    })
    const write = kyselyWriter({ db, insertInto: 'items', row: row as never, conflict: 'id' })
    const [outcome] = await write(items(1), timeLimit())
    expect(outcome).toMatchObject({ kind: 'retry', cause: { code: 'SPILLWAY_TABLE_UNKNOWN' } })
    expect(await count(database.url)).toBe(0)
  })
})
