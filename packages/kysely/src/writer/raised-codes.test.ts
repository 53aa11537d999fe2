import { inspect } from 'node:util'
import type { MessageRecord, Outcome } from '@spillway/message'
import { afterEach, describe, expect, it } from 'vitest'
import { type Classify, kyselyWriter } from '../index.ts'
import { execute, openKysely, timeLimit } from '../testing/database.ts'
import {
  count,
  type Database,
  fields,
  type Item,
  items,
  itemWriter,
  useItemDatabase,
} from '../testing/items.ts'

const database = useItemDatabase()

/** A trigger that refuses rows with a total of 13 and quotes their id and note. */
const refuse = (code: string) =>
  execute(
    database.url,
    `create or replace function refuse() returns trigger language plpgsql as $$ begin
       if new.total = 13 then raise exception 'order % % refused', new.id, new.note
         using errcode = '${code}', constraint = coalesce(new.note, '-'), detail = coalesce(new.note, '-');
       end if;
       return new;
     end $$;
     create or replace trigger refuse before insert on items for each row execute function refuse()`,
  )
afterEach(() => execute(database.url, 'drop function if exists refuse cascade').then(() => undefined))

const batch = (size: number, ...bad: readonly number[]) =>
  items(size, (index) => (bad.includes(index) ? { total: 13, note: `s3cret${index}`.slice(0, 8) } : {}))

function writer(classify?: Classify) {
  const { db, inserts } = openKysely<Database>(database.url)
  const row = ({ body }: MessageRecord<Item>) => fields(body)
  const options = { db, insertInto: 'items' as const, row, conflict: 'id' as const }
  return { write: kyselyWriter(classify === undefined ? options : { ...options, classify }), inserts }
}

/** The positions of the outcomes of each kind except `done`. */
const undone = (outcomes: readonly Outcome[]) =>
  outcomes.flatMap((outcome, index) => (outcome.kind === 'done' ? [] : [[index, outcome.kind]]))

describe('a row that a trigger refuses', () => {
  it.each([
    ...['OR001', 'PT403', 'AB000', 'P0001', '44000', '53300', '40001', '57014', '57P01', '08006', '42P01'],
    ...['42501', '55P03', '3F000', '0A000', '54000', '2200H', 'XX000'],
  ])('with %s is retried alone, and its 99 batch-mates are written in one delivery', async (code) => {
    await refuse(code)
    const records = batch(100, 57)
    const { write, inserts } = itemWriter(database.url)
    const outcomes = await write(records, timeLimit())
    expect(undone(outcomes)).toEqual([[57, 'retry']])
    expect(outcomes[57]).toMatchObject({ cause: { cause: { code } } })
    expect(await count(database.url)).toBe(99)
    expect(inserts.length).toBeLessThanOrEqual(2 * Math.log2(100) + 4)
    const shown = inspect(outcomes[57], { depth: 20, showHidden: true })
    expect(shown).toContain(code)
    expect(shown).not.toContain('s3cret57')
    expect(shown).not.toContain(records[57]?.body.id)
    expect(shown).not.toContain('refused')
  })

  it.each(['23514', '22023', '23000'])('with %s, a code for wrong data, is parked', async (code) => {
    await refuse(code)
    const outcomes = await itemWriter(database.url).write(batch(20, 3), timeLimit())
    expect(undone(outcomes)).toEqual([[3, 'park']])
    expect(outcomes[3]).toMatchObject({ reason: { code } })
    expect(await count(database.url)).toBe(19)
    expect(inspect(outcomes, { depth: 20, showHidden: true })).not.toContain('s3cret')
  })

  it.each(['OR001', '53300', '55000', '57014', 'XX000'])(
    'with %s is retried for its own fault, also if it is the only row',
    async (code) => {
      await refuse(code)
      const outcomes = await itemWriter(database.url).write(batch(1, 0), timeLimit())
      expect(outcomes).toMatchObject([{ kind: 'retry', unavailable: false }])
    },
  )

  it('does not delay its batch-mates, even if it is every fifth of 100', async () => {
    await refuse('OR001')
    const bad = Array.from({ length: 20 }, (_, index) => index * 5)
    const outcomes = await itemWriter(database.url).write(batch(100, ...bad), timeLimit())
    expect(undone(outcomes)).toEqual(bad.map((index) => [index, 'retry']))
    expect(await count(database.url)).toBe(80)
  })

  it('is searched for within a bound if it is each of 1,000', async () => {
    await refuse('OR001')
    const { write, inserts } = itemWriter(database.url)
    const all = items(1_000, () => ({ total: 13 }))
    expect(undone(await write(all, timeLimit()))).toHaveLength(1_000)
    expect(inserts.length).toBeLessThanOrEqual(4 * Math.ceil(Math.log2(1_001)) + 9)
  })
})

describe('a code that is classified', () => {
  it('as `park` parks the row, with a reason that quotes nothing', async () => {
    await refuse('OR001')
    const { write } = writer({ OR001: 'park' })
    const outcomes = await write(batch(100, 5, 93), timeLimit())
    expect(undone(outcomes)).toEqual([
      [5, 'park'],
      [93, 'park'],
    ])
    const detail = 'The database refuses the row: SQLSTATE OR001.'
    expect(outcomes[5]).toMatchObject({ reason: { code: 'OR001', detail } })
    expect(await count(database.url)).toBe(98)
    expect(inspect(outcomes, { depth: 20, showHidden: true })).not.toContain('s3cret')
  })

  it('as `retry` is delivered again, even if it would be parked otherwise', async () => {
    await refuse('23514')
    const { write } = writer({ '23514': 'retry' })
    const [good, bad] = await write(batch(2, 1), timeLimit())
    expect(good?.kind).toBe('done')
    expect(bad).toStrictEqual({ kind: 'retry', unavailable: false, cause: expect.any(Error) })
  })

  it('as `unavailable` makes `batch` wait, without a record at fault', async () => {
    await refuse('OR001')
    const { write } = writer({ OR001: 'unavailable' })
    const [good, bad] = await write(batch(2, 1), timeLimit())
    expect(good?.kind).toBe('done')
    expect(bad).toMatchObject({
      kind: 'retry',
      unavailable: true,
      cause: { code: 'SPILLWAY_DATABASE_UNAVAILABLE', cause: { code: 'OR001' } },
    })
    expect(bad).not.toHaveProperty('after')
  })

  it('is refused at construction if no row can cause it', () => {
    const { db } = openKysely<Database>(database.url)
    const options = { db, insertInto: 'items' as const, row: fields as never, conflict: 'id' as const }
    expect(() => kyselyWriter({ ...options, classify: { '57P01': 'park' } })).toThrow(
      'kyselyWriter: the option `classify` cannot have 57P01',
    )
    expect(() => kyselyWriter({ ...options, classify: { or001: 'park' } })).toThrow('"or001"')
  })
})
