import { randomUUID } from 'node:crypto'
import type { Outcome } from '@spillway/message'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { connect, execute, record, timeLimit } from '../testing/database.ts'
import { count, type Item, items, itemWriter, kinds, useItemDatabase } from '../testing/items.ts'

const database = useItemDatabase()

/** Makes each row take this long, and counts the rows, even if their statement fails. */
const slow = (milliseconds: number) =>
  execute(
    database.url,
    `drop sequence if exists worked; create sequence worked;
     create or replace function slow() returns trigger language plpgsql security definer as $$ begin
       perform pg_sleep(${milliseconds / 1_000}); perform nextval('worked'); return new;
     end $$;
     create or replace trigger slow before insert on items for each row execute function slow()`,
  )
/** The number of rows that the database processed. */
const worked = async () =>
  Number((await execute(database.url, 'select last_value - 1 + is_called::int as n from worked'))[0]?.n)

const numberOf = (outcomes: readonly Outcome[], kind: Outcome['kind']) =>
  outcomes.filter((outcome) => outcome.kind === kind).length

describe('a database that takes 20 ms a row', () => {
  beforeEach(() => slow(20))

  it('writes a part of each batch for which the time is too short, with little wasted work', async () => {
    const { write } = itemWriter(database.url)
    await write(items(1), timeLimit())
    const done: number[] = []
    for (let batch = 0; batch < 5; batch += 1) {
      const outcomes = await write(items(100), timeLimit(2_000))
      expect(kinds(outcomes)).not.toContain('park')
      // The written rows show that the database is not down.
      for (const outcome of outcomes) {
        if (numberOf(outcomes, 'done') > 0) expect(outcome).not.toHaveProperty('unavailable')
      }
      done.push(numberOf(outcomes, 'done'))
    }
    // A single statement would write no row of any batch.
    expect(done.filter((one) => one > 0).length).toBeGreaterThanOrEqual(4)
    const written = done.reduce((sum, one) => sum + one, 1)
    expect(written).toBeGreaterThan(80)
    // The answer to a statement may come too late.
    expect(await count(database.url)).toBeGreaterThanOrEqual(written)
    expect(await worked()).toBeLessThan(written * 2)
  })

  it('writes rows first that were delivered most often', async () => {
    const { write } = itemWriter(database.url)
    await write(items(100), timeLimit(2_000))
    // In the order of keys, those with a 0 come first.
    const batch = Array.from({ length: 100 }, (_, index) =>
      record<Item>(
        { id: `${index < 50 ? '0' : 'f'}${randomUUID().slice(1)}` },
        { receiveCount: index < 50 ? 1 : 9 },
      ),
    )
    const outcomes = await write(batch, timeLimit(2_000))
    expect(numberOf(outcomes, 'retry')).toBeGreaterThan(10)
    const [fresh, old] = [outcomes.slice(0, 50), outcomes.slice(50)]
    expect(numberOf(old, 'done')).toBeGreaterThan(numberOf(fresh, 'done'))
  })

  it('writes a batch with one statement again when it is fast', async () => {
    const { write, inserts } = itemWriter(database.url)
    await write(items(100), timeLimit(2_000))
    await execute(database.url, 'drop function slow cascade')
    for (let batch = 0; batch < 3; batch += 1) await write(items(100), timeLimit(10_000))
    inserts.length = 0
    expect(kinds(await write(items(100), timeLimit(10_000)))).toEqual(['done'])
    expect(inserts).toHaveLength(1)
  })
})

describe('a failure of the whole batch', () => {
  it.each([
    ['a lock of the table', 'lock table items in access exclusive mode', 0],
    ['a row for which the time is too short', 'select 1', 5_000],
  ])('is unavailable: %s', async (_, statement, milliseconds) => {
    await slow(milliseconds)
    const { write } = itemWriter(database.url)
    const locker = await connect(database.url)
    onTestFinished(() => locker.end())
    await locker.query(`begin; ${statement}`)
    const outcomes = await write(items(20), timeLimit(1_500))
    for (const outcome of outcomes) expect(outcome).toMatchObject({ kind: 'retry', unavailable: true })
    await locker.query('rollback')
  })

  it('a lock of one row is not an outage: its batch-mates are written', async () => {
    await slow(0)
    const { write } = itemWriter(database.url)
    const batch = items(50)
    const locker = await connect(database.url)
    onTestFinished(() => locker.end())
    await locker.query(`begin; insert into items (id, total) values ('${batch[20]?.body.id}', 7)`)
    const outcomes = await write(batch, timeLimit(6_000))
    expect(numberOf(outcomes, 'done')).toBe(49)
    expect(outcomes[20]).toMatchObject({ kind: 'retry', cause: { code: 'SPILLWAY_WRITE_FAILED' } })
    expect(outcomes[20]).not.toHaveProperty('unavailable')
    await locker.query('rollback')
  })
})
