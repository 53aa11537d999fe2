import type { MessageRecord, Writer } from '@spillway/message'
import {
  type ColumnType,
  type Generated,
  type GeneratedAlways,
  type Insertable,
  type JSONColumnType,
  type Kysely,
  type RawBuilder,
  sql,
} from 'kysely'
import { describe, expectTypeOf, it } from 'vitest'
import { kyselyWriter } from '../index.ts'
import type { FitsTable } from './row-type.ts'

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }
type Mood = 'happy' | 'sad'
interface People {
  id: string
  mood: Mood
  moods: Mood[] | null
  tags: string[]
  point: [number, number]
  doc: { kind: 'a' | 'b'; list: { x: number }[] } | null
  json: JSONColumnType<{ readonly tags: string[] }>
  any_json: ColumnType<Json, Json, Json>
  data: unknown
  at: Date
  bytes: Buffer
  big: ColumnType<string, bigint | number | string>
  total: Generated<number>
  sequence: GeneratedAlways<number>
  note: string | null
  nick: ColumnType<string, string | undefined>
}
interface Database {
  'shop.people': People
  moods: { id: string; mood: Mood; note?: string | null; favoriteColor: string | null }
}
declare const db: Kysely<Database>
interface Body {
  id: string
  mood: Mood
  text: string
  tags: string[]
  note?: string
}
const moods = { db, insertInto: 'moods', conflict: 'id' } as const
const color = { favoriteColor: null }
type Fits<Row> = FitsTable<Row, Database['moods'], 'moods'>

describe('the row of kyselyWriter', () => {
  it('accepts literals for an enum column', () => {
    const write = kyselyWriter({
      ...moods,
      row: (m: MessageRecord<Body>) => ({ id: m.body.id, mood: 'happy', ...color }),
    })
    expectTypeOf(write).toEqualTypeOf<Writer<Body>>()
    kyselyWriter({
      ...moods,
      row: (m: MessageRecord<Body>) => ({ id: m.key, mood: m.body.mood, favoriteColor: 'red' }),
    })
    kyselyWriter({
      ...moods,
      row: (m: MessageRecord<Body>) => ({
        id: m.key,
        mood: m.body.text === '' ? 'sad' : 'happy',
        favoriteColor: null,
      }),
    })
    kyselyWriter({
      ...moods,
      row: (m: MessageRecord<Body>) => {
        if (m.body.text === '') return { id: m.key, mood: 'sad', favoriteColor: null }
        return { id: m.key, mood: 'happy', note: m.body.text, favoriteColor: null }
      },
    })
  })

  it('accepts each kind of value and column', () => {
    kyselyWriter({
      db,
      insertInto: 'shop.people',
      row: (m: MessageRecord<Body>) => ({
        id: m.key,
        mood: 'sad',
        moods: ['sad', 'happy'],
        tags: ['a', m.body.text],
        point: [1, 2],
        doc: { kind: 'a', list: [{ x: 1 }] },
        json: JSON.stringify({ tags: ['a'] }),
        any_json: { a: [1, 'x', null, { b: true }] },
        data: { whatever: [1, 2] },
        at: new Date(0),
        bytes: Buffer.from('x'),
        big: 5n,
        note: m.body.note ?? null,
        ...(m.body.note === undefined ? {} : { total: 5, nick: m.body.note }),
      }),
      conflict: 'id',
    })
  })

  it('accepts rows of the type of the table, of `any`, and of a function that only throws', () => {
    const row = (m: MessageRecord<Body>): Insertable<Database['moods']> => ({
      id: m.key,
      mood: 'sad',
      favoriteColor: null,
    })
    expectTypeOf(kyselyWriter({ ...moods, row })).toEqualTypeOf<Writer<Body>>()
    kyselyWriter<Database, 'moods', Body>({ ...moods, row })
    // biome-ignore lint/suspicious/noExplicitAny: a user may have such a row
    kyselyWriter({ ...moods, row: (m: MessageRecord<any>) => m.body })
    kyselyWriter({
      ...moods,
      row: (_: MessageRecord<Body>) => {
        throw new Error('never')
      },
    })
  })

  it('describes the problem in one sentence', () => {
    type Good = { id: string; mood: 'happy'; favoriteColor: null }
    expectTypeOf<Fits<Good>>().toEqualTypeOf<unknown>()
    expectTypeOf<Fits<Good & { mod: 'happy' }>>().toEqualTypeOf<'The table "moods" has no column "mod".'>()
    expectTypeOf<
      Fits<Omit<Good, 'mood'>>
    >().toEqualTypeOf<'The row has no value for the column "mood" of the table "moods".'>()
    expectTypeOf<
      Fits<Omit<Good, 'mood'> & { mood: 'hapy' }>
    >().toEqualTypeOf<'The column "mood" of the table "moods" does not take a value of this type.'>()
    expectTypeOf<
      Fits<Omit<Good, 'id'> & { id?: string }>
    >().toEqualTypeOf<'The column "id" of the table "moods" does not take a value of this type.'>()
    expectTypeOf<Fits<Promise<Good>>>().toEqualTypeOf<'The function `row` must not be asynchronous.'>()
    expectTypeOf<Fits<Good | (Good & { mod: 1 })>>().toEqualTypeOf<'The table "moods" has no column "mod".'>()
    expectTypeOf<
      FitsTable<{ id: 'a'; at: 1 }, { id: string; at: GeneratedAlways<number> }, 'x'>
    >().toEqualTypeOf<'The column "at" of the table "x" is never inserted: leave it out.'>()
  })

  it('refuses rows that do not fit, also next to lists and constants', () => {
    kyselyWriter({
      ...moods,
      // @ts-expect-error: mod
      row: (m: MessageRecord<Body>) => ({ id: m.key, mod: 'happy', mood: 'sad', ...color }),
    })
    // @ts-expect-error: no value for mood
    kyselyWriter({ ...moods, row: (m: MessageRecord<Body>) => ({ id: m.key, ...color }) })
    // @ts-expect-error: any text for an enum
    kyselyWriter({ ...moods, row: (m: MessageRecord<Body>) => ({ id: m.key, mood: m.body.text, ...color }) })
    // @ts-expect-error: asynchronous
    kyselyWriter({ ...moods, row: async (m: MessageRecord<Body>) => ({ id: m.key, mood: 'sad', ...color }) })
    // @ts-expect-error: a value that may be undefined
    kyselyWriter({ ...moods, row: (m: MessageRecord<Body>) => ({ id: m.body.note, mood: 'sad', ...color }) })
    kyselyWriter({
      ...moods,
      // @ts-expect-error: one of two rows
      row: (m: MessageRecord<Body>) => {
        if (m.body.text === '') return { id: m.key, mood: 'sad', favoriteColor: null }
        return { id: m.key, mood: 'happy', favoriteColor: null, other: 1 }
      },
    })
    const lists = { db: db as unknown as Kysely<{ lists: { id: string; tags: string[]; sum: number } }> }
    const options = { ...lists, insertInto: 'lists', conflict: 'id' } as const
    kyselyWriter({ ...options, row: (m: MessageRecord<Body>) => ({ id: m.key, tags: ['a', 'b'], sum: 1 }) })
    kyselyWriter({ ...options, row: (m: MessageRecord<Body>) => ({ id: m.key, tags: m.body.tags, sum: 1 }) })
    kyselyWriter({
      ...options,
      // @ts-expect-error: other
      row: (m: MessageRecord<Body>) => ({ id: m.key, tags: ['a'], sum: 1, other: 1 }),
    })
    // @ts-expect-error: numbers for texts
    kyselyWriter({ ...options, row: (m: MessageRecord<Body>) => ({ id: m.key, tags: [1], sum: 1 }) })
    const raw: RawBuilder<string> = sql`now()`
    // @ts-expect-error: an SQL expression is not a value
    kyselyWriter({ ...options, row: (m: MessageRecord<Body>) => ({ id: raw, tags: m.body.tags, sum: 1 }) })
  })
})
