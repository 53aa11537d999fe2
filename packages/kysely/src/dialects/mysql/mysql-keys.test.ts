import type { MessageRecord } from '@spillway/message'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Conflict, kyselyWriter } from '../../index.ts'
import { record, sendTo, timeLimit } from '../../testing/database.ts'
import { describeMysql, executeMysql, openMysql } from '../../testing/mysql.ts'

interface Keyed {
  tenant?: number
  id: string | number | Date | Uint8Array
  v: number
}

describeMysql('a key in MariaDB', (database) => {
  const run = (text: string) => executeMysql(database.url, text)

  function open(table: string, conflict: Conflict<Keyed> = 'id') {
    const { db, inserts } = openMysql<Record<string, Keyed>>(database.url)
    const row = ({ body }: MessageRecord<Keyed>) => body
    const write = kyselyWriter({ db, insertInto: table, row, conflict })
    return { send: sendTo(write), write, inserts }
  }

  describe('that is equal to another by its collation', () => {
    const isParked =
      'MYSQL_1062 The database refuses the row: the table has another key that the unique constraint of "id" (collation utf8mb4_general_ci) treats as equal.'
    const equal = ['abc', 'ABC', 'abc ', 'äbc']
    beforeAll(() =>
      run(`create table texts (id varchar(20) character set utf8mb4 collate utf8mb4_general_ci primary key, v int);
        create table binaries (id varchar(20) character set utf8mb4 collate utf8mb4_nopad_bin primary key, v int);
        create table pairs (tenant int, id varchar(20) character set utf8mb4 collate utf8mb4_general_ci not null, v int, unique (tenant, id))`).then(
        () => undefined,
      ),
    )
    beforeEach(() => run('delete from texts; delete from binaries').then(() => undefined))
    const stored = async () => (await run('select id, v from texts')).map(({ id, v }) => `${id}:${v}`)

    it('is parked in a batch', async () => {
      const outcomes = await open('texts').send(...equal.map((id, v) => ({ id, v })), { id: 'other', v: 9 })
      expect(outcomes.toSorted()).toEqual([isParked, isParked, isParked, 'done', 'done'])
      const winner = outcomes.indexOf('done')
      expect((await stored()).toSorted()).toEqual([`${equal[winner]}:${winner}`, 'other:9'])
    })

    it.each(['nothing', 'update'] as const)('is parked in a separate batch (%s)', async (action) => {
      const { send } = open('texts', { on: 'id', do: action })
      for (const [v, id] of equal.entries()) {
        expect(await send({ id, v })).toEqual([v === 0 ? 'done' : isParked])
      }
      expect(await stored()).toEqual(['abc:0'])
      // The stored key is still done.
      expect(await send({ id: 'abc', v: 5 })).toEqual(['done'])
      expect(await stored()).toEqual([action === 'update' ? 'abc:5' : 'abc:0'])
    })

    it('is parked when it is delivered again', async () => {
      const { write } = open('texts')
      await write([record<Keyed>({ id: 'abc', v: 0 })], timeLimit())
      const again = ['abc', 'ABC'].map((id) => record<Keyed>({ id, v: 1 }, { receiveCount: 2 }))
      expect((await write(again, timeLimit())).map(({ kind }) => kind)).toEqual(['done', 'park'])
      expect(await stored()).toEqual(['abc:0'])
    })

    it('does not count as a written row for a key that the table refuses', async () => {
      await run('alter table texts add constraint small check (v < 100)')
      const { send } = open('texts')
      expect(await send({ id: 'abc', v: 0 })).toEqual(['done'])
      expect(await send({ id: 'ABC', v: 100 })).toEqual([expect.stringMatching(/^MYSQL_4025 /)])
      expect(await send({ id: 'abc', v: 100 })).toEqual(['done'])
      await run('alter table texts drop constraint small')
    })

    it('is parked in a key of two columns', async () => {
      const { send } = open('pairs', ['tenant', 'id'])
      const bodies = [
        { tenant: 1, id: 'a', v: 0 },
        { tenant: 2, id: 'A', v: 1 },
        { tenant: 1, id: 'A', v: 2 },
      ]
      const outcomes = await send(...bodies)
      expect(outcomes[1]).toBe('done')
      expect([outcomes[0], outcomes[2]].toSorted()).toEqual([
        expect.stringMatching(/"tenant", "id" \(collation utf8mb4_general_ci\) treats as equal/),
        'done',
      ])
      expect(await run('select count(*) as n from pairs')).toEqual([{ n: 2 }])
    })

    it('is a different key if the collation compares exactly', async () => {
      const { send } = open('binaries')
      expect(await send(...equal.map((id, v) => ({ id, v })))).toEqual(new Array(4).fill('done'))
      expect(await run('select count(*) as n from binaries')).toEqual([{ n: 4 }])
    })
  })

  describe('that its column would change', () => {
    const cases: readonly (readonly [type: string, kept: Keyed['id'], changed: Keyed['id']])[] = [
      ['datetime', '2026-01-01 00:00:01', new Date('2026-01-01T00:00:00.900Z')],
      ['datetime', new Date('2026-01-01T00:00:00.000Z'), new Date('2026-01-01T00:00:00.100Z')],
      ['datetime(3)', '2026-01-01 00:00:00.123000', '2026-01-01 00:00:00.1234'],
      ['time', '10:00:00', '10:00:00.4'],
      ['date', '2026-01-01', '2026-01-01 10:00:00'],
      ['decimal(10,2)', '1.10', '1.101'],
      ['decimal(10,2)', 100, 1e-7],
      ['int', 7, 7.4],
      ['bigint', '9007199254740993', '9007199254740993.1'],
      ['year', '2026', '26'],
      ['char(8)', 'abc', 'abc '],
      ['varchar(3)', 'ab ', 'abc '],
      ['binary(4)', Buffer.from([1, 2, 3, 0]), Buffer.from([1, 2])],
      ["enum('a', 'b''c')", "b'c", 'A'],
    ]
    it.each(cases)('is parked: %s keeps %o, but not %o', async (type, kept, changed) => {
      await run(`create or replace table one_type (id ${type} primary key, v int)`)
      const { send } = open('one_type')
      expect(await send({ id: kept, v: 1 }, { id: changed, v: 2 })).toEqual([
        'done',
        `SPILLWAY_ROW_INVALID The conflict column "id" of the type ${type.replace(', ', ',').replace(/^int$/, 'int(11)').replace('bigint', 'bigint(20)').replace('year', 'year(4)')} would change the row's value, so that different keys could become equal.`,
      ])
      expect(await send({ id: kept, v: 3 })).toEqual(['done'])
      expect(await run('select v from one_type')).toEqual([{ v: 1 }])
    })

    it.each([
      ['uuid', '0195a1c2-0000-7000-8000-00000000000a', '0195A1C2-0000-7000-8000-00000000000A'],
      ['bigint', '9007199254740993', '+09007199254740993'],
      ['decimal(10,2)', '1', '1.00'],
      ['varbinary(9)', Buffer.from('a'), 'a'],
    ])('is the same if it is written differently: %s, %o and %o', async (type, one, other) => {
      await run(`create or replace table one_type (id ${type} primary key, v int)`)
      const { send } = open('one_type')
      expect(await send({ id: one, v: 1 }, { id: other, v: 2 })).toEqual(['done', 'done'])
      expect(await send({ id: other, v: 3 })).toEqual(['done'])
      expect(await run('select count(*) as n from one_type')).toEqual([{ n: 1 }])
    })

    it('is not written at all if the type changes most values', async () => {
      await run('create or replace table one_type (id float primary key, v int)')
      const { write } = open('one_type')
      expect(await write([record<Keyed>({ id: 0.5, v: 1 })], timeLimit())).toMatchObject([
        {
          kind: 'retry',
          cause: { code: 'SPILLWAY_WRITE_FAILED', message: expect.stringContaining('of the type float') },
        },
      ])
    })
  })

  describe('that already exists', () => {
    beforeAll(() =>
      run(`create table logged (id varchar(36) primary key, number bigint auto_increment unique, v int) engine = InnoDB;
        create table updates (id varchar(36));
        create trigger log_update after update on logged for each row insert into updates values (old.id);
        create table versioned (id varchar(36) primary key, v int) with system versioning`).then(
        () => undefined,
      ),
    )

    it('changes nothing: no trigger runs, and no auto-increment value is used up', async () => {
      const { write, inserts } = open('logged')
      const bodies = ['a', 'b', 'c'].map((id, v) => ({ id, v }))
      const first = await write(
        bodies.map((body) => record<Keyed>(body)),
        timeLimit(),
      )
      expect(first.map(({ kind }) => kind)).toEqual(['done', 'done', 'done'])
      const before = await run(
        "select auto_increment as n from information_schema.tables where table_schema = database() and table_name = 'logged'",
      )
      inserts.length = 0
      for (const receiveCount of [2, 3, 4]) {
        const again = bodies.map((body) => record<Keyed>({ ...body, v: 99 }, { receiveCount }))
        expect((await write(again, timeLimit())).map(({ kind }) => kind)).toEqual(['done', 'done', 'done'])
      }
      expect(inserts).toEqual([])
      expect(
        await run(
          "select auto_increment as n from information_schema.tables where table_schema = database() and table_name = 'logged'",
        ),
      ).toEqual(before)
      expect(await run('select count(*) as n from updates')).toEqual([{ n: 0 }])
      expect(await run('select v from logged order by v')).toEqual([{ v: 0 }, { v: 1 }, { v: 2 }])
    })

    it('changes nothing when a message is sent twice, each time as a first delivery', async () => {
      const { send } = open('logged')
      expect(await send({ id: 'c', v: 99 }, { id: 'd', v: 4 }, { id: 'a', v: 99 })).toEqual([
        'done',
        'done',
        'done',
      ])
      expect(await run('select count(*) as n from updates')).toEqual([{ n: 0 }])
      expect((await run('select v from logged order by v')).map(({ v }) => v)).toEqual([0, 1, 2, 4])
    })

    it('writes no row of history', async () => {
      const { write } = open('versioned')
      for (const receiveCount of [1, 1, 2, 3]) {
        const bodies = ['a', 'b'].map((id) => record<Keyed>({ id, v: receiveCount }, { receiveCount }))
        expect((await write(bodies, timeLimit())).map(({ kind }) => kind)).toEqual(['done', 'done'])
      }
      expect(await run('select id, v from versioned for system_time all order by id')).toEqual([
        { id: 'a', v: 1 },
        { id: 'b', v: 1 },
      ])
    })

    it('is written once by two concurrent writers', async () => {
      const [one, other] = [open('logged'), open('logged')]
      const bodies = Array.from({ length: 300 }, (_, index) => ({ id: `m${index}`, v: index }))
      const outcomes = await Promise.all([one.send(...bodies), other.send(...bodies.toReversed())])
      expect(new Set(outcomes.flat())).toEqual(new Set(['done']))
      expect(await run("select count(*) as n from logged where id like 'm%'")).toEqual([{ n: 300 }])
      expect(await run('select count(*) as n from updates')).toEqual([{ n: 0 }])
    })
  })
})
