import type { MessageRecord } from '@spillway/message'
import { CamelCasePlugin } from 'kysely'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Conflict, kyselyWriter } from '../../index.ts'
import { clear, execute, openKysely, record, sendTo, timeLimit } from '../../testing/database.ts'
import { useItemDatabase } from '../../testing/items.ts'

interface Keyed {
  tenant?: number
  id: string | number | Date
  v: number
}

const database = useItemDatabase()
const run = (text: string) => execute(database.url, text)

function open(table: string, conflict: Conflict<Keyed> = 'id') {
  const { db, statements } = openKysely<Record<string, Keyed>>(database.url)
  const row = ({ body }: MessageRecord<Keyed>) => body
  const write = kyselyWriter({ db, insertInto: table, row, conflict })
  return { send: sendTo(write), write, statements }
}

const isParked =
  '23505 The database refuses the row: the table has another key that the unique constraint of "id" (collation caseless) treats as equal.'

describe('a key in Postgres that is equal to another by its collation', () => {
  beforeAll(() =>
    run(`create collation caseless (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      create domain caseless_id as text collate caseless;
      create table texts (id text collate caseless primary key, v int constraint small check (v < 100));
      create table domains (id caseless_id primary key, v int);
      create table pairs (tenant int, id text collate caseless, v int, primary key (tenant, id));
      create extension citext;
      create table citexts (id citext primary key, v int);
      create table camel_keys (the_id text collate caseless primary key, v int)`),
  )
  beforeEach(() => clear(database.url, ['texts', 'citexts', 'domains', 'pairs']))
  const stored = async (table = 'texts') =>
    (await run(`select id, v from ${table} order by v`)).map(({ id, v }) => `${id}:${v}`)

  it.each([
    ['texts', 'nothing'],
    ['texts', 'update'],
    ['domains', 'nothing'],
    ['citexts', 'nothing'],
    ['citexts', 'update'],
  ] as const)('is parked in a batch (%s, %s)', async (table, action) => {
    const { send } = open(table, { on: 'id', do: action })
    const outcomes = await send(...['abc', 'ABC', 'Abc', 'other'].map((id, v) => ({ id, v })))
    const parked = isParked.replace('caseless', table === 'citexts' ? 'citext' : 'caseless')
    expect(outcomes.toSorted()).toEqual([parked, parked, 'done', 'done'])
    const winner = outcomes.indexOf('done')
    expect(await stored(table)).toEqual([`${['abc', 'ABC', 'Abc'][winner]}:${winner}`, 'other:3'])
  })

  it.each(['nothing', 'update'] as const)('is parked in a separate batch (%s)', async (action) => {
    const { send } = open('texts', { on: 'id', do: action })
    expect(await send({ id: 'abc', v: 0 })).toEqual(['done'])
    expect(await send({ id: 'ABC', v: 1 }, { id: 'new', v: 2 })).toEqual([isParked, 'done'])
    expect(await send({ id: 'abc', v: 3 }, { id: 'ABC', v: 4 })).toEqual(['done', isParked])
    expect(await stored()).toEqual(action === 'update' ? ['new:2', 'abc:3'] : ['abc:0', 'new:2'])
  })

  it('does not count as a written row for a key that the table refuses', async () => {
    const { send } = open('texts')
    expect(await send({ id: 'abc', v: 0 })).toEqual(['done'])
    expect(await send({ id: 'ABC', v: 100 })).toEqual([expect.stringMatching(/^23514 .*"small"/)])
    expect(await send({ id: 'abc', v: 100 })).toEqual(['done'])
  })

  it('is parked in a key of two columns', async () => {
    const { send } = open('pairs', ['tenant', 'id'])
    await send({ tenant: 1, id: 'a', v: 0 })
    const outcomes = await send({ tenant: 2, id: 'A', v: 1 }, { tenant: 1, id: 'A', v: 2 })
    expect(outcomes).toEqual([
      'done',
      expect.stringMatching(/^23505 .*"tenant", "id" \(collation caseless\)/),
    ])
  })

  it('is parked with the plugins of Kysely', async () => {
    const { db } = openKysely<{ camelKeys: { theId: string; v: number } }>(database.url)
    const row = ({ body }: MessageRecord<{ theId: string; v: number }>) => body
    const plugged = db.withPlugin(new CamelCasePlugin()).withSchema('public')
    const conflict = { on: 'theId', do: 'update' } as const
    const write = kyselyWriter({ db: plugged, insertInto: 'camelKeys', row, conflict })
    for (const [theId, kind] of [
      ['a', 'done'],
      ['A', 'park'],
    ] as const) {
      expect(await write([record({ theId, v: 1 })], timeLimit())).toMatchObject([{ kind }])
    }
  })

  it('costs no statement if texts are compared exactly', async () => {
    await run('create table exact (id text primary key, v int)')
    const { send, statements } = open('exact')
    await send({ id: 'abc', v: 0 })
    statements.length = 0
    expect(await send({ id: 'abc', v: 1 }, { id: 'ABC', v: 2 })).toEqual(['done', 'done'])
    expect(statements).toHaveLength(1)
  })
})

describe('a key in Postgres that its column would change', () => {
  it.each([
    ['timestamp(0) without time zone', '2026-01-01 00:00:01', '2026-01-01 00:00:00.9'],
    ['timestamp(0) with time zone', new Date(1_000), new Date(900)],
    ['timestamp with time zone', '2026-01-01T00:00:00.123456Z', '2026-01-01T00:00:00.1234561Z'],
    ['date', '2026-01-01', '2026-01-01T10:00:00'],
    ['numeric(10,2)', '1.10', '1.101'],
    ['numeric(10,2)', 1, 1e-7],
    ['numeric(5,-2)', '100', '101'],
    ['character(4)', 'abc', 'abc '],
    ['character varying(3)', 'ab ', 'abc '],
    ['double precision', '0.1', '0.10000000000000001'],
  ])('is parked: %s keeps %o, but not %o', async (type, kept, changed) => {
    await run(`drop table if exists one_type; create table one_type (id ${type} primary key, v int)`)
    const { send } = open('one_type')
    expect(await send({ id: kept, v: 1 }, { id: changed, v: 2 })).toEqual([
      'done',
      `SPILLWAY_ROW_INVALID The conflict column "id" of the type ${type} would change the row's value, so that different keys could become equal.`,
    ])
    expect(await send({ id: kept, v: 3 })).toEqual(['done'])
    expect(await run('select v from one_type')).toEqual([{ v: 1 }])
  })

  it('is also parked with a domain', async () => {
    await run('create domain price as numeric(10,2); create table prices (id price primary key, v int)')
    expect(await open('prices').send({ id: '1.001', v: 1 })).toEqual([
      expect.stringMatching(/^SPILLWAY_ROW_INVALID .* of the type price /),
    ])
  })

  it.each([
    ['uuid', '0195a1c2-0000-7000-8000-00000000000a', '{0195A1C2-0000-7000-8000-00000000000A}'],
    ['numeric(10,2)', '1', '1.00'],
    ['bigint', '7', '+007'],
    ['timestamptz', '2026-01-01T00:00:00Z', '2026-01-01T01:00:00.000000000+01'],
  ])('is the same if it is written differently: %s, %o and %o', async (type, one, other) => {
    await run(`drop table if exists one_type; create table one_type (id ${type} primary key, v int)`)
    const { send } = open('one_type')
    expect(await send({ id: one, v: 1 }, { id: other, v: 2 })).toEqual(['done', 'done'])
    expect(await run('select count(*)::int as n from one_type')).toEqual([{ n: 1 }])
  })
})

describe('a conflict target that Postgres does not support', () => {
  it.each([
    [
      'partial',
      'id text, v int',
      'create unique index on refused (id) where v > 0',
      'refused_id_idx is partial (where (v > 0))',
    ],
    ['deferrable', 'id text unique deferrable, v int', '', 'refused_id_key is deferrable'],
    [
      'deferrable, in addition to one that is not',
      'id text unique deferrable, v int',
      'create unique index on refused (id)',
      'refused_id_key is deferrable',
    ],
    [
      'of an expression',
      'id text, v int',
      'create unique index lowered on refused (lower(id))',
      'one on an expression, lowered, is not a constraint on a column',
    ],
    [
      'of more columns',
      'id text, v int',
      'create unique index on refused (id, v)',
      'no unique constraint covers exactly the conflict columns "id"',
    ],
    ['of single precision', 'id float4 primary key, v int', '', 'of the type real'],
  ])('is reported with the reason, and nothing is parked: an index %s', async (_, columns, index, why) => {
    await run(`drop table if exists refused; create table refused (${columns}); ${index}`)
    for (const action of ['nothing', 'update'] as const) {
      const { write } = open('refused', { on: 'id', do: action })
      expect(await write([record<Keyed>({ id: '1', v: 1 })], timeLimit())).toMatchObject([
        {
          kind: 'retry',
          cause: { code: 'SPILLWAY_WRITE_FAILED', message: expect.stringContaining(why) },
        },
      ])
    }
    // A usable index is found as soon as it exists.
    await run(
      'alter table refused drop constraint if exists refused_id_key, alter id type text; create unique index usable on refused (id)',
    )
    expect(await open('refused').send({ id: '1', v: 1 })).toEqual(['done'])
  })

  it('is a view with an INSTEAD OF trigger, unless conflicts fail', async () => {
    await run(`create table beneath (id text primary key, v int);
      create view above as select * from beneath;
      create view instead as select * from beneath;
      create function put() returns trigger language plpgsql as
        'begin insert into beneath values (new.*); return new; end';
      create trigger put instead of insert on instead for each row execute function put()`)
    expect(await open('above').send({ id: 'a', v: 1 }, { id: 'b', v: 1 })).toEqual(['done', 'done'])
    const [outcome] = await open('instead').write([record<Keyed>({ id: 'c', v: 1 })], timeLimit())
    expect(outcome).toMatchObject({
      kind: 'retry',
      cause: { code: 'SPILLWAY_WRITE_FAILED', message: expect.stringContaining('INSTEAD OF trigger') },
    })
    const { send } = open('instead', { on: 'id', do: 'fail' })
    expect(await send({ id: 'c', v: 1 })).toEqual(['done'])
    expect(await send({ id: 'c', v: 1 })).toEqual([expect.stringMatching(/^23505 /)])
  })
})

describe('the target of a conflict in Postgres', () => {
  interface Soft {
    id: string
    v: number
    deleted_at?: string | null
    state?: string
  }
  function openSoft(table: string, conflict: Conflict<Soft>) {
    const { db } = openKysely<Record<string, Soft>>(database.url)
    const row = ({ body }: MessageRecord<Soft>) => body
    const write = kyselyWriter({ db, insertInto: table, row, conflict })
    return (...bodies: Soft[]) =>
      write(
        bodies.map((body) => record(body)),
        timeLimit(),
      )
  }

  it('is a partial index, if `where` has its condition', async () => {
    await run(`create table soft (id text, v int, deleted_at timestamptz default now(), state text);
      create unique index on soft (id) where deleted_at is null and state = 'open';
      insert into soft values ('a', 0, now(), 'open')`)
    const where = { deleted_at: null, state: 'open' } as const
    const send = openSoft('soft', { on: 'id', where, do: 'nothing' })
    const outcomes = await send({ id: 'a', v: 1 }, { id: 'b', v: 2, deleted_at: '2026-01-01', state: 'open' })
    expect(outcomes).toMatchObject([
      { kind: 'done' },
      {
        kind: 'park',
        reason: { code: 'SPILLWAY_ROW_INVALID', detail: expect.stringContaining('"deleted_at"') },
      },
    ])
    expect(await send({ id: 'a', v: 3 })).toEqual([{ kind: 'done' }])
    const update = openSoft('soft', { on: 'id', where, do: 'update' })
    expect(await update({ id: 'a', v: 4 }, { id: 'a', v: 5 })).toEqual([{ kind: 'done' }, { kind: 'done' }])
    expect(await run('select v, deleted_at is null as live from soft order by v')).toEqual([
      { v: 0, live: false },
      { v: 5, live: true },
    ])
  })

  it('is a partial index of a `bigint`, whose values are numbers to the app and texts to the driver', async () => {
    await run(`create table shared (id text, tenant bigint, v int);
      create unique index on shared (id) where tenant = 7`)
    const { db } = openKysely<{ shared: { id: string; tenant: string; v: number } }>(database.url)
    const write = kyselyWriter({
      db,
      insertInto: 'shared',
      row: ({ body }: MessageRecord<{ id: string; tenant: number; v: number }>) => body as never,
      conflict: { on: 'id', where: { tenant: '7' }, do: 'nothing' },
    })
    const bodies = [
      { id: 'a', tenant: 7, v: 1 },
      { id: 'b', tenant: 8, v: 2 },
    ]
    const outcomes = await write(
      bodies.map((body) => record(body)),
      timeLimit(),
    )
    expect(outcomes.map(({ kind }) => kind)).toEqual(['done', 'park'])
    expect(await run('select id, tenant from shared')).toEqual([{ id: 'a', tenant: '7' }])
  })

  it('is a named constraint, if another one on the columns is deferrable', async () => {
    await run(`create table doubled (id text constraint doubled_exact unique, v int);
      alter table doubled add constraint late unique (id) deferrable`)
    const send = openSoft('doubled', { on: 'id', constraint: 'doubled_exact', do: 'nothing' })
    expect(await send({ id: 'a', v: 1 })).toEqual([{ kind: 'done' }])
    expect(await send({ id: 'a', v: 2 })).toEqual([{ kind: 'done' }])
    for (const [constraint, why] of [
      ['late', 'late is deferrable'],
      ['doubled', 'no unique constraint "doubled"'],
    ] as const) {
      const [outcome] = await openSoft('doubled', { on: 'id', constraint, do: 'nothing' })({ id: 'a', v: 3 })
      expect(outcome).toMatchObject({
        kind: 'retry',
        cause: { code: 'SPILLWAY_WRITE_FAILED', message: expect.stringContaining(why) },
      })
    }
    expect(await run('select v from doubled')).toEqual([{ v: 1 }])
  })
})
