import { randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import type { MessageRecord } from '@spillway/message'
import { describe, expect, it, onTestFinished } from 'vitest'
import { kyselyWriter } from '../index.ts'
import { clear, execute, openKysely, record, timeLimit } from '../testing/database.ts'
import {
  count,
  type Database,
  type Item,
  items,
  itemWriter,
  kinds,
  useItemDatabase,
} from '../testing/items.ts'

const database = useItemDatabase()

// The statement with this row is the first of the batch.
const lowest = '00000000-0000-4000-8000-000000000000'

describe('a row that the database refuses', () => {
  it('is parked alone, after about 2·log2(n) statements', async () => {
    const { write, inserts } = itemWriter(database.url)
    for (const place of [0, 37, 99]) {
      await clear(database.url, ['items'])
      inserts.length = 0
      const outcomes = await write(
        items(100, (index) => (index === place ? { total: -1 } : {})),
        timeLimit(),
      )
      const detail = 'The database refuses the row: check constraint "total_positive" of table "items".'
      expect(outcomes[place]).toEqual({
        kind: 'park',
        reason: { code: '23514', detail },
        cause: expect.objectContaining({ code: 'SPILLWAY_ROW_REFUSED', message: detail }),
      })
      expect(outcomes.filter(({ kind }) => kind === 'done')).toHaveLength(99)
      expect(await count(database.url)).toBe(99)
      expect(inserts.length).toBeLessThanOrEqual(2 * Math.log2(100) + 4)
    }
  })

  it('does not affect its batch-mates if there are five of them in 500', async () => {
    const { write, inserts } = itemWriter(database.url)
    const bad: Readonly<Record<number, Partial<Item>>> = {
      3: { total: 2n ** 63n },
      77: { note: 'a\0b' },
      78: { total: null },
      300: { note: 'far too long' },
      499: { total: -5 },
    }
    const outcomes = await write(
      items(500, (index) => bad[index] ?? {}),
      timeLimit(),
    )
    const codes = Object.keys(bad).map((index) => {
      const outcome = outcomes[Number(index)]
      return outcome?.kind === 'park' ? outcome.reason.code : outcome?.kind
    })
    expect(codes).toEqual(['22003', '22021', '23502', '22001', '23514'])
    expect(outcomes.filter(({ kind }) => kind === 'done')).toHaveLength(495)
    expect(await count(database.url)).toBe(495)
    expect(inserts.length).toBeLessThanOrEqual(2 * 5 * Math.log2(500) + 4)
  })

  it('is parked for a unique constraint other than the conflict', async () => {
    const { write } = itemWriter(database.url)
    await write(
      items(1, () => ({ note: 'taken' })),
      timeLimit(),
    )
    const [one, two] = await write(
      items(2, (index) => (index === 1 ? { note: 'taken' } : {})),
      timeLimit(),
    )
    expect(one?.kind).toBe('done')
    expect(two).toMatchObject({ kind: 'park', reason: { code: '23505' } })
  })

  it('without its parent is retried 3 times, then parked', async () => {
    const { write } = itemWriter(database.url)
    const orphan = record<Item>({ id: randomUUID(), parent: randomUUID() })
    const [other, early] = await write([...items(1), orphan], timeLimit())
    expect([other?.kind, early?.kind]).toEqual(['done', 'retry'])
    const [late] = await write([{ ...orphan, receiveCount: 4 }], timeLimit())
    expect(late).toMatchObject({ kind: 'park', reason: { code: '23503' } })
  })

  it('by a trigger with an unknown code is retried alone', async () => {
    await execute(
      database.url,
      `create function refuse() returns trigger language plpgsql as
         $$ begin if new.total = 13 then raise exception 'secret'; end if; return new; end $$;
       create trigger refuse before insert on items for each row execute function refuse()`,
    )
    onTestFinished(() => execute(database.url, 'drop function refuse cascade').then(() => undefined))
    const { write, inserts } = itemWriter(database.url)
    const outcomes = await write(
      items(50, (index) => (index === 20 ? { total: 13 } : {})),
      timeLimit(),
    )
    expect(outcomes[20]).toMatchObject({ kind: 'retry', cause: { code: 'SPILLWAY_WRITE_FAILED' } })
    expect(outcomes.filter(({ kind }) => kind === 'done')).toHaveLength(49)
    inserts.length = 0
    expect(
      kinds(
        await write(
          items(256, () => ({ total: 13 })),
          timeLimit(),
        ),
      ),
    ).toEqual(['retry'])
    expect(inserts.length).toBeLessThan(60)
  })

  it('by a policy is retried alone, and its batch-mates are written', async () => {
    await execute(
      database.url,
      `alter table items enable row level security;
       create policy seen on items for select using (true);
       create policy small on items for insert with check (total < 100)`,
    )
    onTestFinished(() =>
      execute(
        database.url,
        'drop policy seen on items; drop policy small on items; alter table items disable row level security',
      ).then(() => undefined),
    )
    const { write, inserts } = itemWriter(database.functionsUrl)
    const bad = new Set([20, 70])
    const outcomes = await write(
      items(100, (index) => (bad.has(index) ? { total: 500 } : {})),
      timeLimit(),
    )
    for (const [index, outcome] of outcomes.entries()) {
      expect(outcome).toMatchObject(
        bad.has(index) ? { kind: 'retry', cause: { cause: { code: '42501' } } } : { kind: 'done' },
      )
      expect(outcome).not.toHaveProperty('unavailable')
    }
    expect(await count(database.url)).toBe(98)
    expect(inserts.length).toBeLessThanOrEqual(2 * 2 * Math.log2(100) + 4)
  })

  it.each([
    ['a malformed tsquery', 'kinds', { words: 'secret & & b' }, '42601'],
    ['a value for an identity column', 'defaults', { id: lowest, sequence: 7 }, '428C9'],
  ] as const)('for %s is retried alone', async (_, insertInto, values, code) => {
    const { db } = openKysely<Database>(database.url)
    const row = ({ body }: MessageRecord<{ id: string }>) => body
    const write = kyselyWriter({ db, insertInto, row, conflict: 'id' })
    const bodies = [{}, values, {}].map((body) => record({ id: randomUUID(), ...body }))
    const outcomes = await write(bodies, timeLimit())
    expect(outcomes).toMatchObject([
      { kind: 'done' },
      { kind: 'retry', cause: { cause: { code } } },
      { kind: 'done' },
    ])
    expect(inspect(outcomes, { depth: 10 })).not.toContain('secret')
    expect(await count(database.url, insertInto)).toBe(2)
  })

  it('does not park another record with the same key', async () => {
    const { write } = itemWriter(database.url)
    const id = randomUUID()
    const good = record<Item>({ id, note: 'ok' })
    const outcomes = await write([record<Item>({ id, note: 'far too long' }), ...items(1), good], timeLimit())
    expect(outcomes).toMatchObject([
      { kind: 'park', reason: { code: '22001' } },
      { kind: 'done' },
      { kind: 'retry', cause: { code: 'SPILLWAY_WRITE_FAILED' } },
    ])
    expect(await write([{ ...good, receiveCount: 2 }], timeLimit())).toEqual([{ kind: 'done' }])
    expect(await count(database.url)).toBe(2)
  })

  it('because its column was changed meanwhile is not parked', async () => {
    await execute(database.url, 'create table changing (id uuid primary key, amount int)')
    const { db } = openKysely<{ changing: { id: string; amount: number } }>(database.url)
    const row = ({ body }: MessageRecord<{ id: string; amount: number }>) => body
    const write = kyselyWriter({ db, insertInto: 'changing', row, conflict: 'id' })
    const some = (count: number) =>
      Array.from({ length: count }, () => record({ id: randomUUID(), amount: 3_000_000_000 }))
    expect(await write(some(1), timeLimit())).toMatchObject([{ kind: 'park' }])
    await execute(database.url, 'alter table changing alter amount type bigint')
    // A single value has the type of its column; an array is cast to the type that the writer has cached.
    expect(await write(some(1), timeLimit())).toEqual([{ kind: 'done' }])
    expect(kinds(await write(some(30), timeLimit()))).toEqual(['retry'])
    expect(kinds(await write(some(30), timeLimit()))).toEqual(['done'])
  })
})
