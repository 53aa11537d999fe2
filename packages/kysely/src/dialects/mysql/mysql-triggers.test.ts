import { randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import type { MessageRecord, Outcome } from '@spillway/message'
import { expect, it, onTestFinished } from 'vitest'
import { kyselyWriter } from '../../index.ts'
import { record, timeLimit } from '../../testing/database.ts'
import { describeMysql, executeMysql, openMysql } from '../../testing/mysql.ts'

type Body = Record<string, unknown> & { id: string }

const actions = ['nothing', 'update', 'fail'] as const
const statementsFor = (rows: number) => 4 * Math.ceil(Math.log2(rows + 1)) + 20

describeMysql('a table of MySQL or MariaDB whose trigger writes to another', (database) => {
  const run = (text: string) => executeMysql(database.url, text)

  /** A table, and another that a trigger writes `values` to. */
  async function writing(columns: string, other: string, values: string, action: (typeof actions)[number]) {
    const name = `t_${randomUUID().replaceAll('-', '')}`
    await run(
      `create table ${name}_other (${other}); create table ${name} (id char(36) primary key, ${columns});
       create trigger ${name}_after after insert on ${name} for each row insert into ${name}_other values (${values})`,
    )
    onTestFinished(() => run(`drop table ${name}, ${name}_other`).then(() => undefined))
    const { db, inserts } = openMysql<Record<string, Body>>(database.url)
    const row = ({ body }: MessageRecord<Body>) => body
    const write = kyselyWriter({ db, insertInto: name, row, conflict: { on: 'id', do: action } })
    const count = async () => Number((await run(`select count(*) as n from ${name}`))[0]?.n)
    return { write, count, inserts }
  }
  const rows = (size: number, more: (index: number) => object) =>
    Array.from({ length: size }, (_, index) =>
      record<Body>({ id: randomUUID(), ...more(index) }, { receiveCount: 9 }),
    )
  const summary = (outcomes: readonly Outcome[]) =>
    Object.fromEntries(
      [...Map.groupBy(outcomes, (one) => (one.kind === 'park' ? one.reason.code : one.kind))].map(
        ([kind, some]) => [kind, some.length],
      ),
    )

  const clash = 'if(new.guilty, %, null)'
  it.for([
    ['MYSQL_1048', 'a int', 'a int not null', 'if(new.guilty, null, 1)'],
    ['MYSQL_1048', 'a int', 'x int not null', 'if(new.guilty, null, 1)'],
    ['MYSQL_1264', 'a int', 'a tinyint', clash.replace('%', '999')],
    ['MYSQL_1406', 'a int', 'a varchar(2)', clash.replace('%', "'long'")],
    [
      'MYSQL_4025',
      'a int, constraint c check (a > 0)',
      'a int, constraint c check (a > 9)',
      clash.replace('%', '1'),
    ],
    ['MYSQL_4025', 'a int check (a > 0)', 'a int check (a > 9)', clash.replace('%', '1')],
    ['MYSQL_1366', 'a int', 'a int', clash.replace('%', "'x'")],
  ] as const)(
    'parks nothing for a value that the other table refuses: %s %s, %s',
    async ([code, columns, other, values]) => {
      for (const action of actions) {
        const { write, count } = await writing(`${columns}, guilty int`, other, values, action)
        const outcomes = await write(
          rows(30, (index) => ({ a: index + 1, guilty: Number(index % 10 === 7) })),
          timeLimit(),
        )
        expect(summary(outcomes)).toEqual({ done: 27, retry: 3 })
        expect(outcomes[17]).toMatchObject({ kind: 'retry', cause: { cause: { code } } })
        expect(await count()).toBe(27)
      }
    },
  )

  it.for([
    ['a int', 'x int primary key'],
    ['a int unique', 'a int unique'],
    ['a int, unique k (a)', 'x int, unique k (x)'],
  ] as const)('parks nothing for a key of the other table: %s, %s', async ([columns, other]) => {
    for (const action of actions) {
      const { write, count, inserts } = await writing(columns, other, '1', action)
      const outcomes = await write(
        rows(60, (index) => ({ a: index })),
        timeLimit(),
      )
      // The row that the other table accepts.
      expect(summary(outcomes)).toEqual({ done: 1, retry: 59 })
      expect(outcomes.find(({ kind }) => kind === 'retry')).toMatchObject({
        cause: { cause: { code: 'MYSQL_1062' } },
      })
      expect(await count()).toBe(1)
      expect(inserts.length).toBeLessThanOrEqual(statementsFor(60))
    }
  })

  it.for([
    ['MYSQL_1048', 'a int not null', { a: null }],
    ['MYSQL_1264', 'a tinyint', { a: 128 }],
    ['MYSQL_1264', 'a tinyint unsigned', { a: -1 }],
    ['MYSQL_1264', 'a bigint', { a: 2n ** 63n }],
    ['MYSQL_1406', 'a varchar(6)', { a: 's3cret7' }],
    ['MYSQL_1366', 'a int', { a: 's3cret' }],
    ['MYSQL_4025', 'a int check (a > 0)', { a: -1 }],
    ['MYSQL_1062', 'a int unique', { a: 1 }],
    ['MYSQL_1062', 'a int, gone int default 0, unique (a, gone)', { a: 1 }],
  ] as const)('parks a row for its own value: %s %s', async ([code, columns, bad]) => {
    for (const action of actions) {
      const { write, count } = await writing(columns, 'a varchar(9)', "'x'", action)
      const outcomes = await write(
        rows(20, (index) => (index === 11 ? bad : { a: index + 1 })),
        timeLimit(),
      )
      const kinds = outcomes.map((one) => (one.kind === 'park' ? one.reason.code : one.kind))
      // Of two rows with one key, either may be the first.
      const guilty = code === 'MYSQL_1062' ? [0, 11] : [11]
      expect(summary(outcomes)).toEqual({ done: 19, [code]: 1 })
      expect(guilty).toContain(kinds.indexOf(code))
      expect(await count()).toBe(19)
      expect(inspect(outcomes, { depth: 20, showHidden: true })).not.toContain('s3cret')
    }
  })

  it('parks an existing row if a conflict fails, and updates it if it may', async () => {
    const again = { id: randomUUID(), a: 5 }
    for (const action of ['fail', 'update'] as const) {
      const { write } = await writing('a int unique', 'x varchar(9)', "'x'", action)
      expect(await write([record<Body>(again)], timeLimit())).toEqual([{ kind: 'done' }])
      const outcomes = await write([record<Body>(again)], timeLimit())
      expect(summary(outcomes)).toEqual(action === 'fail' ? { MYSQL_1062: 1 } : { done: 1 })
    }
  })
})
