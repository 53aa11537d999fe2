import { inspect } from 'node:util'
import { type Kysely, sql } from 'kysely'
import { afterEach, describe, expect, it } from 'vitest'
import { execute, timeLimit } from '../testing/database.ts'
import { type Ledger, ledgerWriter, posting, results, useLedger } from '../testing/ledger.ts'

// A message is parked only for a value that its statement supplied, not for one that is already in the database.

const ledger = useLedger()
const tables = 'drop table if exists notes, src cascade; drop domain if exists small'
afterEach(() => execute(ledger.url, tables).then(() => undefined))

interface Note {
  id: string
  n: number | null
  m: number | null
  note?: string | null
}
type Trx = Kysely<Ledger & { notes: Note; src: { id: string; n: string | null } }>
type Effect = (trx: Trx) => Promise<unknown>

const columns = 'id text primary key, n smallint, m int, note varchar(3)'
const plainTable = `create table notes (${columns}); insert into notes values ('x', 32767, 1)`
const source = `create table src (id text, n text); insert into src values ('x', 's3cret'), ('null', null)`

/** The outcomes of a message with this effect, between two others, in its ninth delivery. */
async function outcomesOf(definition: string, effect: Effect) {
  await execute(ledger.url, definition)
  const { write } = ledgerWriter(ledger.open(), {
    transaction: async (trx, messages) => {
      for (const { key } of messages) if (key === 'bad') await effect(trx as unknown as Trx)
    },
  })
  const batch = ['a', 'bad', 'c'].map((key) => posting(key, {}, { receiveCount: 9 }))
  const outcomes = await write(batch, timeLimit())
  expect(inspect(outcomes, { depth: 20, showHidden: true })).not.toContain('s3cret')
  return outcomes
}

const notValid = `create table notes (${columns}); insert into notes values ('x', 1, 1);
  alter table notes add constraint large check (n > 5) not valid`

describe('an update supplies the columns of its `set`', () => {
  const set = (values: Partial<Note>) => (trx: Trx) =>
    trx.updateTable('notes').set(values).where('id', '=', 'x').execute()
  it.for([
    ['of Kysely', set({ m: 3 })],
    ['of a text', (trx: Trx) => sql`update notes set m = ${3} where id = ${'x'}`.execute(trx)],
    ['of a text, with an alias', (trx: Trx) => sql`update only notes as t set m = ${3}`.execute(trx)],
    [
      'of a conflict',
      (trx: Trx) =>
        sql`insert into notes (id, m) values (${'x'}, ${3}) on conflict (id) do update set m = excluded.m`.execute(
          trx,
        ),
    ],
  ] as const)('an old row that violates a check parks nothing: %s', async ([, effect]) => {
    const outcomes = await outcomesOf(notValid, effect)
    expect(results(outcomes)).toEqual(['done', 'retry', 'done'])
    expect(outcomes[1]).toMatchObject({
      cause: { code: 'SPILLWAY_DATABASE_FAULT', cause: { code: '23514' } },
    })
  })

  it.for([
    ['23514', notValid, set({ n: 3 })],
    [
      '23514',
      notValid,
      (trx: Trx) =>
        trx
          .updateTable('notes')
          .set({ n: sql`${-3} + m` })
          .execute(),
    ],
    ['23514', notValid, (trx: Trx) => sql`UPDATE "notes" SET "m" = 1, "n" = ${3}::int -- why`.execute(trx)],
    [
      '23505',
      `${plainTable}; insert into notes values ('y', 1, 2); alter table notes add unique (n, note, m);
       update notes set n = 1, note = 'n', m = case id when 'x' then 1 else 2 end`,
      (trx: Trx) => trx.updateTable('notes').set({ m: 2 }).where('id', '=', 'x').execute(),
    ],
    [
      '23503',
      `create table src (id text, n int, primary key (id, n)); insert into src values ('x', 1);
       create table notes (${columns}, foreign key (id, m) references src); insert into notes values ('x', 1, 1)`,
      set({ m: 2 }),
    ],
    ['23502', `${plainTable}; alter table notes alter m set not null`, set({ m: null })],
    ['22003', plainTable, set({ n: 70_000 })],
    ['22003', `${plainTable}; alter table notes alter m type numeric(3, 1)`, set({ m: 70_000 })],
    ['22001', plainTable, set({ note: 's3cret' })],
    ['22001', plainTable, (trx: Trx) => sql`update notes set note = ${'s3cret'}`.execute(trx)],
  ] as const)(
    'a message is parked for the values that it supplies: %s, %s',
    async ([code, definition, effect]) => {
      expect(results(await outcomesOf(definition, effect))).toEqual(['done', code, 'done'])
    },
  )
})

describe('stored data parks nothing, even if the statement has a parameter', () => {
  const fromSource = (id: string) => (trx: Trx) =>
    trx
      .insertInto('notes')
      .columns(['id', 'n'])
      .expression((eb) =>
        eb
          .selectFrom('src')
          .select([sql<string>`${'new'}`.as('id'), sql<number>`src.n::int`.as('n')])
          .where('src.id', '=', id),
      )
      .execute()
  const required = `${source}; create table notes (id text primary key, n text not null, m int);
    insert into notes values ('x', 'x', 1)`
  const both = `${source}; ${plainTable}`
  it.for([
    ['22003', plainTable, (trx: Trx) => sql`update notes set n = n + ${1}`.execute(trx)],
    [
      '22003',
      plainTable,
      (trx: Trx) =>
        trx
          .updateTable('notes')
          .set((eb) => ({ n: eb('n', '+', 1) }))
          .where('id', '=', 'x')
          .execute(),
    ],
    [
      '22003',
      plainTable,
      (trx: Trx) =>
        trx
          .insertInto('notes')
          .values({ id: 'x', n: 1, m: 1, note: null })
          .onConflict((conflict) => conflict.column('id').doUpdateSet({ n: sql`notes.n + excluded.n` }))
          .execute(),
    ],
    ['22P02', both, fromSource('x')],
    [
      '22P02',
      both,
      (trx: Trx) =>
        sql`insert into notes (id, n) select 'new', src.n::int from src where id = ${'x'}`.execute(trx),
    ],
    [
      '22P02',
      both,
      (trx: Trx) => sql`update notes set m = ${1} where (select n::int from src limit 1) = 1`.execute(trx),
    ],
    [
      '22P02',
      both,
      (trx: Trx) =>
        sql`update notes set m = ${1} from src where src.id = notes.id and src.n::int = 1`.execute(trx),
    ],
    [
      '22P02',
      both,
      (trx: Trx) => trx.selectFrom('src').select(sql`n::int`.as('n')).where('id', '=', 'x').execute(),
    ],
    ['22P02', both, (trx: Trx) => trx.deleteFrom('src').where(sql`n::int`, '=', 1).execute()],
    [
      '22P02',
      `create table notes (${columns}, t text); insert into notes values ('x', 1, 1, 'a', 's3cret');
       alter table notes add check (t::int > 0) not valid`,
      (trx: Trx) => trx.updateTable('notes').set({ m: 3 }).execute(),
    ],
    [
      '23502',
      required,
      (trx: Trx) =>
        sql`insert into notes (id, n) values (${'new'}, (select n from src where id = ${'null'}))`.execute(
          trx,
        ),
    ],
    [
      '23502',
      required,
      (trx: Trx) =>
        trx
          .insertInto('notes')
          .values((eb) => ({
            id: 'new',
            m: 1,
            n: eb.selectFrom('src').select(sql<number>`n`.as('n')).where('id', '=', 'null'),
          }))
          .execute(),
    ],
    [
      '23502',
      required,
      (trx: Trx) =>
        trx
          .updateTable('notes')
          .set((eb) => ({
            n: eb.selectFrom('src').select(sql<number>`n`.as('n')).where('id', '=', 'null'),
          }))
          .where('id', '=', 'x')
          .execute(),
    ],
    [
      '23502',
      required,
      (trx: Trx) => sql`update notes set (n, m) = (select n, 1 from src where id = ${'null'})`.execute(trx),
    ],
    [
      '23505',
      both,
      (trx: Trx) => sql`insert into notes (id, m) select id, ${1} from src where id = ${'x'}`.execute(trx),
    ],
    [
      '23514',
      `${source}; create table notes (id text primary key, n text check (n <> 's3cret'))`,
      (trx: Trx) => sql`insert into notes (id, n) select ${'new'}, n from src where id = ${'x'}`.execute(trx),
    ],
  ] as const)('%s, %s', async ([code, definition, effect]) => {
    const outcomes = await outcomesOf(definition, effect)
    expect(results(outcomes)).toEqual(['done', 'retry', 'done'])
    expect(outcomes[1]).toMatchObject({ unavailable: false, cause: { cause: { code } } })
  })

  it.for([
    [
      '22003',
      plainTable,
      (trx: Trx) => sql`insert into notes (id, n) values ('new', ${70_000})`.execute(trx),
    ],
    ['22P02', plainTable, (trx: Trx) => sql`update notes set n = n + ${'s3cret'}::smallint`.execute(trx)],
    ['22P02', plainTable, (trx: Trx) => sql`select * from notes where m = ${'s3cret'}`.execute(trx)],
    [
      '22P02',
      plainTable,
      (trx: Trx) => sql`with one as (select ${'s3cret'}::int) select * from one`.execute(trx),
    ],
    [
      '22021',
      plainTable,
      (trx: Trx) => sql`insert into notes (id) select ${'a\u0000'} from notes`.execute(trx),
    ],
    [
      '22001',
      `${plainTable}; alter table notes add made timestamptz`,
      (trx: Trx) =>
        sql`insert into notes (id, note, made) values (${'new'}, ${'s3cret'}, now()) returning id`.execute(
          trx,
        ),
    ],
    [
      '22001',
      plainTable,
      (trx: Trx) =>
        sql`insert into notes (id, note) values (${'x'}, ${'s3cret'})
          on conflict (id) do update set note = excluded.note`.execute(trx),
    ],
    [
      '23505',
      both,
      (trx: Trx) =>
        sql`insert into notes (id, m) select ${'x'} as id, 1 from src where id = ${'x'}`.execute(trx),
    ],
    [
      '23514',
      `create domain small as int check (value < 5); create table notes (id text, n small)`,
      (trx: Trx) => sql`insert into notes values (${'new'}, ${7})`.execute(trx),
    ],
    [
      '23514',
      `create domain small as int check (value < 5); create table notes (id text, n small, m small);
       insert into notes values ('x', 1, 1)`,
      (trx: Trx) => trx.updateTable('notes').set({ m: 7 }).where('id', '=', 'x').execute(),
    ],
  ] as const)('but the value of a parameter does: %s, %s', async ([code, definition, effect]) => {
    expect(results(await outcomesOf(definition, effect))).toEqual(['done', code, 'done'])
  })

  it('the same if the server adds parameters to its errors', async () => {
    const logged = (effect: Effect) => async (trx: Trx) => {
      await sql`set local log_parameter_max_length_on_error = -1`.execute(trx)
      await effect(trx)
    }
    expect(
      results(
        await outcomesOf(
          plainTable,
          logged((trx) => sql`update notes set n = n + ${1}`.execute(trx)),
        ),
      ),
    ).toEqual(['done', 'retry', 'done'])
    expect(
      results(
        await outcomesOf(
          tables,
          logged((trx) => sql`select ${'x'}::int`.execute(trx)),
        ),
      ),
    ).toEqual(['done', '22P02', 'done'])
  })
})
