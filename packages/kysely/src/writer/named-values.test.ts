import { inspect } from 'node:util'
import type { MessageRecord } from '@spillway/message'
import { beforeAll, beforeEach, expect, it } from 'vitest'
import { kyselyWriter } from '../index.ts'
import { clear, execute, openKysely, record, timeLimit } from '../testing/database.ts'
import { count, useItemDatabase } from '../testing/items.ts'

const database = useItemDatabase()
type Names = Record<string, unknown> & { id: string }

beforeAll(() =>
  execute(
    database.url,
    `create table names (
       id uuid primary key, class regclass, type regtype, proc regproc, role regrole, space regnamespace,
       config regconfig, classes regclass[]
     );
     create function s3cret_twice(int) returns int language sql as 'select 1';
     create function s3cret_twice(text) returns int language sql as 'select 1'`,
  ).then(() => undefined),
)
beforeEach(() => clear(database.url, ['names']))

// In the order of the batch, because the number of statements depends on the position of the row's key.
const idOf = (index: number) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`

it.each([
  ['class', 's3cret', '42P01'],
  ['class', 's3cret.table', '42P01'],
  ['class', 's3cret.b.c', '0A000'],
  ['class', 'a.s3cret.c.d', '42601'],
  ['class', '"s3cret', '42602'],
  ['classes', ['names', 's3cret'], '42P01'],
  ['type', 's3cret', '42704'],
  ['proc', 's3cret', '42883'],
  ['proc', 's3cret_twice', '42725'],
  ['role', 's3cret', '42704'],
  ['space', 's3cret', '3F000'],
  ['config', 's3cret', '42704'],
] as const)(
  'only a row with a reg-type value that names nothing is retried: %s %o %s',
  async (column, value, code) => {
    const { db, inserts } = openKysely<{ names: Names }>(database.url)
    const row = ({ body }: MessageRecord<Names>) => body
    const write = kyselyWriter({ db, insertInto: 'names', row, conflict: 'id' })
    const batch = Array.from({ length: 30 }, (_, index) =>
      record<Names>({ id: idOf(index), [column]: index === 11 ? value : null }),
    )
    const outcomes = await write(batch, timeLimit())
    for (const [index, outcome] of outcomes.entries()) {
      expect(outcome).toMatchObject(
        index === 11
          ? { kind: 'retry', cause: { code: 'SPILLWAY_WRITE_FAILED', cause: { code } } }
          : { kind: 'done' },
      )
    }
    expect(await count(database.url, 'names')).toBe(29)
    expect(inserts.length).toBeLessThanOrEqual(2 * Math.log2(30) + 6)
    expect(inspect(outcomes, { depth: 20, showHidden: true })).not.toContain('s3cret')
  },
)
