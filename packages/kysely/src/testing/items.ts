import { randomUUID } from 'node:crypto'
import type { MessageRecord, Outcome } from '@spillway/message'
import type { Generated, Insertable } from 'kysely'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { kyselyWriter } from '../index.ts'
import { clear, execute, openKysely, record, startDatabase, type TestDatabase } from './database.ts'

/** The tables of the tests. */
export interface Database {
  items: { id: string; total: bigint | number | null; note: string | null; parent: string | null }
  'shop.items': { id: string; total: number }
  parents: { id: string }
  kinds: Record<string, unknown> & { id: string }
  missing: { id: string }
  defaults: { id: string; sequence: Generated<number>; state: Generated<string> }
}
/** The body of the messages of the tests: a row of `items`. */
export type Item = Partial<Insertable<Database['items']>> & { id: string }

/** The tables of {@link Database}. */
const schema = `create schema shop;
     create type mood as enum ('happy', 'sad');
     create domain code3 as varchar(3) check (value <> 'bad');
     create domain document as jsonb;
     create type point3 as (x int, y int, label text);
     create domain point3_known as point3 check ((value).x is distinct from 9);
     create table parents (id uuid primary key);
     create table items (
       id uuid primary key,
       total bigint not null constraint total_positive check (total >= 0),
       note varchar(8) constraint note_unique unique,
       parent uuid constraint item_parent references parents
     );
     create table shop.items (id uuid primary key, total int not null);
     create table defaults (
       id uuid primary key, sequence int generated always as identity, state text not null default 'new'
     );
     create table kinds (
       id uuid primary key, "text" text, short varchar(4), fixed char(3), number numeric(10, 2), big bigint,
       small smallint, real double precision, flag boolean, at timestamptz, local timestamp, day date,
       doc jsonb, plain json, list jsonb, tags text[], matrix int[], docs jsonb[], bytes bytea, mood mood,
       moods mood[], code code3, point point3, points point3[], known point3_known, words tsquery, document document, box box, boxes box[], bits bit(3), span interval,
       net inet, "Weird ""name" text
     )`

/** A writer of `items` with its own pool. */
export function itemWriter(url: string, connections = 1) {
  const { db, inserts, statements } = openKysely<Database>(url, connections)
  const write = kyselyWriter({
    db,
    insertInto: 'items',
    row: (message: MessageRecord<Item>) => fields(message.body),
    conflict: 'id',
  })
  return { write, inserts, statements, db }
}

/** Completes a partial item. */
export const fields = (body: Item) => ({ total: 1, note: null, parent: null, ...body })

/** Records of this many items. */
export const items = (count: number, more: (index: number) => Partial<Item> = () => ({})) =>
  Array.from({ length: count }, (_, index) => record<Item>({ id: randomUUID(), ...more(index) }))

/** The number of outcomes of a kind. */
export const kinds = (outcomes: readonly Outcome[]) => [...new Set(outcomes.map((outcome) => outcome.kind))]

/** The number of rows in a table. */
export const count = async (url: string, table = 'items') =>
  Number((await execute(url, `select count(*) as n from ${table}`))[0]?.n)

/** A Postgres for the tests of a file, with the tables above, which are empty before each test. */
export function useItemDatabase(): Pick<
  TestDatabase,
  'url' | 'functionsUrl' | 'peakConnections' | 'resetPeak'
> {
  let database: TestDatabase
  beforeAll(async () => {
    database = await startDatabase()
    await execute(database.url, schema)
  })
  afterAll(() => database[Symbol.asyncDispose]())
  beforeEach(() => clear(database.url, ['items', 'parents', 'shop.items', 'defaults', 'kinds']))
  return {
    get url() {
      return database.url
    },
    get functionsUrl() {
      return database.functionsUrl
    },
    peakConnections: () => database.peakConnections(),
    resetPeak: () => database.resetPeak(),
  }
}
