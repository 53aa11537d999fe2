import { inspect } from 'node:util'
import { type Kysely, sql } from 'kysely'
import { afterEach, describe, expect, it } from 'vitest'
import { execute, timeLimit } from '../testing/database.ts'
import { type Ledger, ledgerWriter, posting, results, useLedger } from '../testing/ledger.ts'

const ledger = useLedger()
afterEach(() => execute(ledger.url, 'drop table if exists notes cascade').then(() => undefined))

type Notes = Ledger & { notes: { id: string; n?: number; note?: string | null; added?: string } }
type Trx = Kysely<Notes>

/** Applies the message with the key `bad` in a different way. */
async function outcomesOf(
  definition: string,
  good: (trx: Trx, key: string) => Promise<unknown>,
  bad: (trx: Trx, key: string) => Promise<unknown> = good,
) {
  await execute(ledger.url, definition)
  const { write, runs } = ledgerWriter(ledger.open(), {
    transaction: async (trx, messages) => {
      const notes = trx as unknown as Trx
      for (const { key } of messages) await (key === 'bad' ? bad : good)(notes, key)
    },
  })
  const batch = ['a', 'b', 'bad', 'c'].map((key) => posting(key, {}, { receiveCount: 9 }))
  return { outcomes: await write(batch, timeLimit()), runs }
}
const insert =
  (values: Partial<Notes['notes']> = {}) =>
  (trx: Trx, id: string) =>
    trx
      .insertInto('notes')
      .values({ id, ...values })
      .execute()

describe('no message is parked for a fault of the database', () => {
  it.for([
    ['23502', 'create table notes (id text primary key, added text not null)', insert()],
    [
      '2200H',
      `create table notes (id text primary key, n int generated always as identity (minvalue 1 maxvalue 2));
       insert into notes values ('x'), ('y')`,
      insert(),
    ],
    [
      '23505',
      `create table notes (id text primary key, n int generated always as identity unique);
       insert into notes overriding system value select 'x' || g, g from generate_series(1, 99) g`,
      insert(),
    ],
    ['23514', 'create table notes (id text, note text) partition by hash (id)', insert()],
    [
      '23514',
      "create table notes (id text primary key, note text default 'new' check (note <> 'new'))",
      insert(),
    ],
    [
      '23503',
      "create table notes (id text primary key, note text default 'x' references accounts)",
      insert(),
    ],
    [
      '22003',
      `create sequence if not exists big_notes start 99999;
       create table notes (id text primary key, n smallint default nextval('big_notes'))`,
      insert(),
    ],
    [
      '23502',
      'create table notes (id text primary key, added text not null)',
      (trx: Trx, id: string) => sql`insert into notes (id) values (${id})`.execute(trx),
    ],
  ] as const)('%s: %s', async ([code, definition, effect]) => {
    const { outcomes } = await outcomesOf(definition, effect)
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        kind: 'retry',
        unavailable: true,
        cause: { code: 'SPILLWAY_DATABASE_FAULT', cause: { code } },
      })
    }
  })

  it.for([
    [
      '22012',
      `create table notes (id text, n int); insert into notes values ('x', 0)`,
      (trx: Trx) => trx.selectFrom('notes').select(sql`1 / n`.as('share')).execute(),
    ],
    [
      '22P02',
      `create table notes (id text, note text); insert into notes values ('x', 's3cret')`,
      (trx: Trx) => sql`select note::int from notes`.execute(trx),
    ],
    [
      '22003',
      `create sequence if not exists big_notes start 99999; create table notes (id text)`,
      (trx: Trx) => sql`select nextval('big_notes')::smallint`.execute(trx),
    ],
    [
      '22003',
      `create table notes (id text, n smallint); insert into notes values ('x', 32767)`,
      (trx: Trx) => sql`update notes set n = (n + 1::smallint)::smallint`.execute(trx),
    ],
  ] as const)('or for a statement without parameters: %s', async ([code, definition, effect]) => {
    const { outcomes } = await outcomesOf(definition, effect)
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ kind: 'retry', unavailable: false, cause: { cause: { code } } })
    }
    expect(inspect(outcomes, { depth: 20, showHidden: true })).not.toContain('s3cret')
  })

  it('or for a statement whose text does not show what it supplies', async () => {
    const { outcomes } = await outcomesOf(
      'create table notes (id text primary key, added text not null)',
      insert({ added: 'x' }),
      (trx, id) =>
        sql`with new as (select ${id} as id) insert into notes (id) select id from new`.execute(trx),
    )
    expect(results(outcomes)).toEqual(['done', 'done', 'retry', 'done'])
    expect(outcomes[2]).toMatchObject({ unavailable: false, cause: { cause: { code: '23502' } } })
  })
})

describe('a message is parked for its own value', () => {
  const usual = 'n int generated always as identity, made timestamptz default now()'
  it.for([
    [
      '23502',
      `create table notes (id text primary key, ${usual}, note text not null)`,
      insert({ note: 'x' }),
      insert({ note: null }),
    ],
    [
      '23505',
      `create table notes (id text primary key, ${usual})`,
      insert(),
      (trx: Trx) => insert()(trx, 'a').then(() => insert()(trx, 'a')),
    ],
    [
      '23514',
      `create table notes (id text primary key, ${usual}, note text check (note <> 's3cret'))`,
      insert(),
      insert({ note: 's3cret' }),
    ],
    [
      '23503',
      `create table notes (id text primary key, ${usual}, note text references accounts)`,
      insert(),
      insert({ note: 's3cret' }),
    ],
    [
      '22001',
      `create table notes (id text primary key, ${usual}, note varchar(3))`,
      insert(),
      insert({ note: 's3cret' }),
    ],
    [
      '23514',
      `create table notes (id text primary key, n int default 0 check (n >= 0))`,
      insert(),
      async (trx: Trx, id: string) => {
        await insert()(trx, id)
        await trx.updateTable('notes').set({ n: -1 }).where('id', '=', id).execute()
      },
    ],
    [
      '23514',
      `create table notes (id text primary key, n int default 0 check (n >= 0))`,
      insert(),
      async (trx: Trx, id: string) => {
        await insert({ n: 1 })(trx, id)
        await sql`update notes set n = -1 where id = ${id}`.execute(trx)
      },
    ],
    [
      '23502',
      `create table notes (id text primary key, ${usual}, note text not null)`,
      insert({ note: 'x' }),
      (trx: Trx, id: string) => sql`insert into notes (id, note) values (${id}, null)`.execute(trx),
    ],
  ] as const)('%s: %s', async ([code, definition, good, bad]) => {
    const { outcomes } = await outcomesOf(definition, good, bad)
    expect(results(outcomes)).toEqual(['done', 'done', code, 'done'])
    expect(inspect(outcomes, { depth: 20, showHidden: true })).not.toContain('s3cret')
  })
})

it('the user’s own code is classified', async () => {
  await execute(
    ledger.url,
    `create table notes (id text primary key);
     create or replace function refuse() returns trigger language plpgsql as $$ begin
       if new.id = 'bad' then raise exception 's3cret %', new.id using errcode = 'OR001'; end if;
       return new;
     end $$;
     create trigger refuse before insert on notes for each row execute function refuse()`,
  )
  const run = (classify?: { OR001: 'park' }) =>
    ledgerWriter(ledger.open(), {
      ...(classify && { classify }),
      transaction: async (trx, messages) => {
        for (const { key } of messages) await insert()(trx as unknown as Trx, key)
      },
    }).write(
      ['a', 'bad', 'c'].map((key) => posting(key)),
      timeLimit(),
    )
  const retried = await run()
  expect(results(retried)).toEqual(['done', 'retry', 'done'])
  expect(inspect(retried, { depth: 20, showHidden: true })).not.toContain('s3cret')
  expect(results(await run({ OR001: 'park' }))).toEqual(['done', 'OR001', 'done'])
  await execute(ledger.url, 'drop function refuse cascade')
})
