import { randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import type { MessageRecord, Outcome } from '@spillway/message'
import { expect, it, onTestFinished } from 'vitest'
import { type Classify, kyselyWriter } from '../../index.ts'
import { record, timeLimit } from '../../testing/database.ts'
import { describeMysql, executeMysql, openMysql } from '../../testing/mysql.ts'

type Body = Record<string, unknown> & { id: string }

describeMysql('the origin of an error in MySQL or MariaDB', (database) => {
  const run = (text: string) => executeMysql(database.url, text)

  /** A writer with its own table, created by statements that call it `t`. */
  async function writing(
    definition: string,
    action: 'nothing' | 'update' | 'fail' = 'nothing',
    classify: Classify = {},
  ) {
    const name = `t_${randomUUID().replaceAll('-', '')}`
    await run(definition.replaceAll(/\bt\b/g, name))
    onTestFinished(() => run(`drop table ${name}`).then(() => undefined))
    const { db, inserts } = openMysql<Record<string, Body>>(database.url)
    const row = ({ body }: MessageRecord<Body>) => body
    const write = kyselyWriter({ db, insertInto: name, row, conflict: { on: 'id', do: action }, classify })
    const count = async () => Number((await run(`select count(*) as n from ${name}`))[0]?.n)
    return { write, count, inserts }
  }
  const rows = (size: number, more: (index: number) => object = () => ({}), receiveCount = 9) =>
    Array.from({ length: size }, (_, index) =>
      record<Body>({ id: randomUUID(), ...more(index) }, { receiveCount }),
    )
  const summary = (outcomes: readonly Outcome[]) =>
    Object.fromEntries(
      [...Map.groupBy(outcomes, (one) => (one.kind === 'park' ? one.reason.code : one.kind))].map(
        ([kind, some]) => [kind, some.length],
      ),
    )
  const key = 'id char(36) primary key'

  it.for([
    ['MYSQL_1364', `create table t (${key}, note text, added text not null)`],
    [
      'MYSQL_1526',
      `create table t (id char(36), note text, n int not null default 7, unique (id, n))
       partition by list (n) (partition one values in (1))`,
    ],
    [
      'MYSQL_1452',
      `create table if not exists blame_parents (id int primary key);
       create table t (${key}, note text, p int default 7, foreign key (p) references blame_parents (id))`,
    ],
    [
      'MYSQL_4025',
      `create table t (${key}, note text, state varchar(9) default 'new', check (state <> 'new'))`,
    ],
    [
      'MYSQL_4025',
      `create table t (${key}, note text, state varchar(9) default 'new' check (state <> 'new'))`,
    ],
    [
      /^MYSQL_(?:167|1062|1467)$/,
      `create table t (${key}, note text, n tinyint auto_increment unique) auto_increment = 127;
       insert into t (id, note) values ('x', 'x')`,
    ],
    [
      'MYSQL_1062',
      `create table t (${key}, note text, state varchar(9) default 'new' unique);
       insert into t (id, note) values ('x', 'x')`,
    ],
  ] as const)('parks nothing for a fault of the database: %s %s', async ([code, definition]) => {
    const isPartition = definition.includes('partition by')
    if (isPartition) return expectPartition(definition)
    for (const action of ['nothing', 'update', 'fail'] as const) {
      const { write, count, inserts } = await writing(definition, action)
      const before = await count()
      const outcomes = await write(
        rows(50, () => ({ note: 's3cret' })),
        timeLimit(),
      )
      expect(summary(outcomes)).toEqual({ retry: 50 })
      expect(outcomes[7]).toMatchObject({
        unavailable: true,
        cause: {
          code: 'SPILLWAY_DATABASE_FAULT',
          cause: { code: typeof code === 'string' ? code : expect.stringMatching(code) },
        },
      })
      expect(await count()).toBe(before)
      expect(inserts.length).toBeLessThanOrEqual(4 * Math.ceil(Math.log2(51)) + 20)
      expect(inspect(outcomes, { depth: 20, showHidden: true })).not.toContain('s3cret')
    }
  })

  /** A key of a partitioned table must include the column of its partitions. */
  async function expectPartition(definition: string) {
    const name = `t_${randomUUID().replaceAll('-', '')}`
    await run(definition.replaceAll(/\bt\b/g, name).replace('id char(36)', 'id char(36) not null'))
    onTestFinished(() => run(`drop table ${name}`).then(() => undefined))
    const { db } = openMysql<Record<string, Body & { n: number }>>(database.url)
    const row = ({ body }: MessageRecord<Body & { n: number }>) => body
    const write = kyselyWriter({ db, insertInto: name, row, conflict: ['id', 'n'] })
    const batch = Array.from({ length: 40 }, (_, index) =>
      record({ id: randomUUID(), n: index % 8 === 3 ? 2 : 1, note: 's3cret' }),
    )
    const outcomes = await write(batch, timeLimit())
    expect(summary(outcomes)).toEqual({ done: 35, retry: 5 })
    // Other rows are written, so `batch` does not wait.
    expect(outcomes[3]).not.toHaveProperty('unavailable')
    expect(outcomes[3]).toMatchObject({
      cause: { code: 'SPILLWAY_DATABASE_FAULT', cause: { code: 'MYSQL_1526' } },
    })
  }

  const usual = `n int auto_increment unique, made datetime default current_timestamp, u char(36) default (uuid())`
  it.for<readonly [string, string, object, object?]>([
    ['MYSQL_1048', `create table t (${key}, ${usual}, a int not null)`, { a: null }, { a: 1 }],
    ['MYSQL_1264', `create table t (${key}, ${usual}, a tinyint)`, { a: 999 }],
    ['MYSQL_1406', `create table t (${key}, ${usual}, a varchar(3))`, { a: 's3cret' }],
    ['MYSQL_1366', `create table t (${key}, ${usual}, a int)`, { a: 's3cret' }],
    ['MYSQL_4025', `create table t (${key}, ${usual}, a int, check (a > 0 or made is null))`, { a: -1 }],
    ['MYSQL_4025', `create table t (${key}, ${usual}, a int check (a > 0))`, { a: -1 }],
    [
      'MYSQL_1452',
      `create table if not exists blame_parents (id int primary key);
       create table t (${key}, ${usual}, a int, foreign key (a) references blame_parents (id))`,
      { a: 7 },
    ],
    ['MYSQL_1062', `create table t (${key}, ${usual}, a varchar(9) unique)`, { a: 's3cret' }],
    [
      'MYSQL_1062',
      `create table t (${key}, ${usual}, a varchar(9), gone int default 0, unique (a, gone))`,
      { a: 's3cret' },
    ],
  ])('parks a row for its own value: %s %s', async ([code, definition, bad, more = {}]) => {
    const { write, count } = await writing(definition)
    const first = code === 'MYSQL_1062' ? { ...more, ...bad } : more
    expect(
      await write(
        rows(1, () => first),
        timeLimit(),
      ),
    ).toEqual([{ kind: 'done' }])
    const outcomes = await write(
      rows(30, (index) => ({ ...more, ...(index === 11 && bad) })),
      timeLimit(),
    )
    expect(summary(outcomes)).toEqual({ done: 29, [code]: 1 })
    expect(await count()).toBe(30)
    expect(inspect(outcomes, { depth: 20, showHidden: true })).not.toContain('s3cret')
  })

  it.for([
    ['45000', 1644],
    ['OR001', 1644],
    ['OR001', 31_001],
    ['45000', 1146],
    ['45000', 1040],
    ['42000', 1644],
    ['08S01', 1644],
  ] as const)('a row that a trigger refuses with %s %i is retried alone', async ([state, number]) => {
    const trigger = (
      name: string,
    ) => `create trigger refuse_${randomUUID().slice(0, 8)} before insert on ${name} for each row
      if new.a = 13 then signal sqlstate '${state}' set mysql_errno = ${number}, message_text = 's3cret refused'; end if`
    const definition = () => `create table t (${key}, a int); ${trigger('t')}`
    const batch = () => rows(100, (index) => ({ a: index === 57 ? 13 : 1 }), 1)
    const { write, count } = await writing(definition())
    const outcomes = await write(batch(), timeLimit())
    expect(summary(outcomes)).toEqual({ done: 99, retry: 1 })
    expect(outcomes[57]).toMatchObject({ cause: { cause: { code: `MYSQL_${number}` } } })
    expect(inspect(outcomes, { depth: 20, showHidden: true })).not.toContain('s3cret')
    expect(await count()).toBe(99)
    if (state !== 'OR001') return
    const parking = await writing(definition(), 'nothing', { OR001: 'park' })
    expect(summary(await parking.write(batch(), timeLimit()))).toEqual({ done: 99, [`MYSQL_${number}`]: 1 })
  })
})
