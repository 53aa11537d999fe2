import { randomUUID } from 'node:crypto'
import type { MessageRecord, Outcome } from '@spillway/message'
import { expect, it } from 'vitest'
import { kyselyWriter } from '../../index.ts'
import { record, timeLimit } from '../../testing/database.ts'
import { openSqlite } from '../../testing/sqlite.ts'

interface Row {
  id: string
  note?: string | null
}

function writing(columns: string) {
  const { db } = openSqlite<{ t: Row }>(
    `pragma foreign_keys = on; create table parents (id text primary key);
     create table t (id text primary key, note text, ${columns})`,
  )
  const row = ({ body }: MessageRecord<Row>) => body
  return kyselyWriter({ db, insertInto: 't', row, conflict: 'id' })
}
const rows = (count: number, note: (index: number) => string | null) =>
  Array.from({ length: count }, (_, index) =>
    record<Row>({ id: randomUUID(), note: note(index) }, { receiveCount: 9 }),
  )
const codes = (outcomes: readonly Outcome[]) =>
  outcomes.map((outcome) => (outcome.kind === 'park' ? outcome.reason.code : outcome.kind))

it.each([
  ['a column that the mapper leaves out', 'added text not null', 'SPILLWAY_DATABASE_FAULT'],
  ['a default that is taken', "state text default 'new' unique", 'SPILLWAY_DATABASE_FAULT'],
  ['a default that refers to nothing', "parent text default 'x' references parents", 'SPILLWAY_WRITE_FAILED'],
])('parks nothing for %s', async (_, columns, code) => {
  const outcomes = await writing(columns)(
    rows(9, () => 'n'),
    timeLimit(),
  )
  // Rows are written in the order of their keys: a row that passes may be the last of the batch.
  const refused = outcomes.find(({ kind }) => kind === 'retry')
  expect(codes(outcomes)).not.toContainEqual(expect.stringMatching(/^SQLITE/))
  expect(refused).toMatchObject({ kind: 'retry', cause: { code } })
})

it.each([
  ['a null that it gives', 'state text, check (note is not null)', null, 'SQLITE_275'],
  ['a key that it gives', "state text default 'new', unique (note, state)", 'x', 'SQLITE_2067'],
  ['a reference that it gives', 'foreign key (note) references parents', 'x', 'SQLITE_787'],
] as const)('parks a row for %s', async (_, columns, note, code) => {
  const write = writing(columns)
  if (code === 'SQLITE_2067')
    await write(
      rows(1, () => note),
      timeLimit(),
    )
  const outcomes = await write(
    rows(5, (index) => (index === 2 ? note : code === 'SQLITE_787' ? null : `n${index}`)),
    timeLimit(),
  )
  expect(codes(outcomes)).toEqual(['done', 'done', code, 'done', 'done'])
})
