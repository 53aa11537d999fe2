import { randomUUID } from 'node:crypto'
import type { MessageRecord, Outcome } from '@spillway/message'
import { systemClock } from '@spillway/message/internal'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { kyselyWriter } from '../index.ts'
import { execute, openKysely, timeLimit } from '../testing/database.ts'
import { count, type Database, type Item, items, kinds, useItemDatabase } from '../testing/items.ts'

// Like `batch` during a hold: the same records are written again and again.

const database = useItemDatabase()

/** The server fails to read a file (58P01, class 58) for each row while `trouble` says so, and for a total of 13. */
beforeAll(() =>
  execute(
    database.url,
    `create table trouble (is_on boolean);
     insert into trouble values (false);
     create function fail() returns trigger language plpgsql as $$ begin
       if new.total = 13 or (select is_on from trouble) then
         execute 'load ''$libdir/plugins/missing''';
       end if;
       return new;
     end $$;
     create trigger fail before insert on items for each row execute function fail()`,
  ),
)
const setTrouble = (isOn: boolean) => execute(database.url, `update trouble set is_on = ${isOn}`)
beforeEach(() => setTrouble(false).then(() => undefined))

/** A writer with a clock that can be advanced, and the statements of its last call. */
function writer({ random = () => 0.5 }: { random?: () => number } = {}) {
  const { db, inserts } = openKysely<Database>(database.url)
  let passed = 0
  const kysely = kyselyWriter({
    db,
    insertInto: 'items',
    // Rows with a note have one more column, and need their own statement.
    row: ({ body: { id, total = 1, note } }: MessageRecord<Item>) => ({ id, total, ...(note && { note }) }),
    conflict: 'id',
    random,
    clock: { ...systemClock, now: () => systemClock.now() + passed },
  })
  return {
    async write(records: readonly MessageRecord<Item>[]) {
      inserts.length = 0
      const outcomes = await kysely(records, timeLimit())
      return { outcomes, statements: inserts.length }
    },
    pass(ms: number) {
      passed += ms
    },
  }
}

/** A search for one row of 100, and a few statements more. */
const search = 3 * Math.ceil(Math.log2(100))

function expectUnavailable(outcomes: readonly Outcome[]): void {
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({ kind: 'retry', unavailable: true, cause: { cause: { code: '58P01' } } })
  }
}

/** The same as `items`, in the order of their keys, which is the order of the statement. */
const sortedItems = (size: number, more: (index: number) => Partial<Item>) =>
  items(size, (index) => ({
    ...more(index),
    id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
  }))

/** The positions of records that are not done. */
const undone = (outcomes: readonly Outcome[]) =>
  outcomes.flatMap(({ kind }, position) => (kind === 'done' ? [] : [position]))

describe('a server that fails for each row', () => {
  it('is searched for rows at fault once; then two statements per delivery show that it still fails', async () => {
    await setTrouble(true)
    const { write } = writer()
    const records = items(100)
    const first = await write(records)
    expectUnavailable(first.outcomes)
    expect(first.statements).toBeLessThanOrEqual(search)
    for (let round = 0; round < 20; round++) {
      const { outcomes, statements } = await write(records)
      expectUnavailable(outcomes)
      expect(statements).toBe(2)
    }
    await setTrouble(false)
    const last = await write(records)
    expect(kinds(last.outcomes)).toEqual(['done'])
    expect(last.statements).toBe(1)
    expect(await count(database.url)).toBe(100)
  })

  it('is searched again after a minute', async () => {
    await setTrouble(true)
    const { write, pass } = writer()
    const first = await write(items(100))
    pass(59_000)
    expect((await write(items(100))).statements).toBe(2)
    pass(1_500)
    expect((await write(items(100))).statements).toBe(first.statements)
    expect((await write(items(100))).statements).toBe(2)
  })

  it('is not remembered after a batch of one', async () => {
    await setTrouble(true)
    const { write } = writer()
    expect((await write(items(1))).statements).toBe(1)
    await setTrouble(false)
    const { outcomes, statements } = await write(items(100, (index) => (index === 57 ? { total: 13 } : {})))
    expect(undone(outcomes)).toEqual([57])
    expect(statements).toBeLessThanOrEqual(search)
  })

  it('is searched again after a batch was written', async () => {
    await setTrouble(true)
    const { write } = writer()
    const first = await write(items(100))
    await setTrouble(false)
    await write(items(1))
    await setTrouble(true)
    expect((await write(items(100))).statements).toBe(first.statements)
  })
})

describe('a server that has recovered', () => {
  /** A writer that remembers an outage which is over. */
  async function afterOutage(random?: () => number) {
    const { write } = writer(random && { random })
    await setTrouble(true)
    await write(items(100))
    await setTrouble(false)
    return write
  }

  it('leads to a search for the row at fault, and its batch-mates are written', async () => {
    // The row that is tried alone is another one, in the middle.
    const write = await afterOutage()
    const records = sortedItems(100, (index) => (index === 7 ? { total: 13 } : {}))
    const { outcomes, statements } = await write(records)
    expect(undone(outcomes)).toEqual([7])
    expect(outcomes[7]).not.toHaveProperty('unavailable')
    expect(statements).toBeLessThanOrEqual(search)
    expect(await count(database.url)).toBe(99)
  })

  it('leads to that search at the next delivery, if the row that was tried alone is the one at fault', async () => {
    const chances = [0.075, 0.5]
    const write = await afterOutage(() => chances.shift() ?? 0.5)
    const records = sortedItems(100, (index) => (index === 7 ? { total: 13 } : {}))
    const first = await write(records)
    expectUnavailable(first.outcomes)
    expect(first.statements).toBe(2)
    expect(undone((await write(records)).outcomes)).toEqual([7])
  })

  it('leads to rows of other statements being written', async () => {
    // A row of the statement that has not been tried; the rows of the first one are tried again last.
    const write = await afterOutage(() => 0.25)
    const records = sortedItems(100, (index) =>
      index < 50 ? { total: 13 } : { note: randomUUID().slice(0, 8) },
    )
    const { outcomes } = await write(records)
    expect(undone(outcomes)).toEqual(Array.from({ length: 50 }, (_, index) => index))
    expect(await count(database.url)).toBe(50)
  })

  it('leads to a refused value being parked at once', async () => {
    const write = await afterOutage()
    const { outcomes } = await write(sortedItems(100, (index) => (index === 99 ? { total: -1 } : {})))
    expect(undone(outcomes)).toEqual([99])
    expect(outcomes[99]).toMatchObject({ kind: 'park', reason: { code: '23514' } })
  })
})
