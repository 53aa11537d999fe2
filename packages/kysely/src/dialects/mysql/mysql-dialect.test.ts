import { DummyDriver, Kysely, MysqlAdapter, MysqlIntrospector, MysqlQueryCompiler } from 'kysely'
import { describe, expect, it } from 'vitest'
import { timeLimit } from '../../testing/database.ts'
import { createDeadline } from '../../time/deadline.ts'
import { type Conflict, toConflictRule } from '../../writer/conflict.ts'
import type { Schema } from '../table.ts'
import type { MysqlFacts } from './mysql-facts.ts'
import { mysqlWriter } from './mysql-writer.ts'

/** The text of a statement of one row, without a server. */
async function textOf(
  conflict: Conflict<Record<string, unknown>>,
  facts: Partial<MysqlFacts> = {},
): Promise<string> {
  const texts: string[] = []
  const db = new Kysely<Schema>({
    dialect: {
      createAdapter: () => new MysqlAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new MysqlIntrospector(db),
      createQueryCompiler: () => new MysqlQueryCompiler(),
    },
    log: ({ query }) => {
      texts.push(query.sql)
    },
  })
  await mysqlWriter.insert(
    [
      {
        columns: ['id', 'total', 'v'],
        values: ['a', 1, 2],
        key: '',
        isKeyPlain: true,
        receiveCount: 1,
        positions: [0],
      },
    ],
    {
      db,
      table: 'items',
      conflict: toConflictRule(conflict),
      facts: { types: new Map(), mariadb: false, neverNullKey: 'id', keyIndexes: [], ...facts },
      deadline: createDeadline(timeLimit(10_000), { now: () => 0, sleep: async () => undefined }),
      columnName: (column) => column,
    },
  )
  return texts.join('\n')
}

const insert = 'insert into `items` (`id`, `total`, `v`) values (?, ?, ?)'
const guard = '`id` = if(`id` <=> values(`id`), `id`, null)'

describe('the statement for MySQL', () => {
  it('leaves existing rows unchanged: it inserts only new rows', async () => {
    expect(await textOf('id')).toBe(insert)
  })

  it('compares all columns of a key before it updates, and compares texts by their bytes', async () => {
    const key = new Map([['id', { type: 'varchar(36)', collation: 'utf8mb4_general_ci' }]])
    const update = { on: ['id', 'total'], do: 'update', set: ['v'] } as const
    expect(await textOf(update, { key })).toBe(
      `${insert} on duplicate key update \`id\` = if(cast(\`id\` as binary) <=> cast(values(\`id\`) as binary) and \`total\` <=> values(\`total\`), \`id\`, null), \`v\` = values(\`v\`)`,
    )
  })

  it('assigns the version last, because other assignments depend on it', async () => {
    const newer = 'if(`v` is null or values(`v`) > `v`'
    expect(await textOf({ on: 'id', do: 'update', version: 'v' })).toBe(
      `${insert} on duplicate key update ${guard}, \`total\` = ${newer}, values(\`total\`), \`total\`), \`v\` = ${newer}, values(\`v\`), \`v\`)`,
    )
  })

  it('is a plain insert if a conflict fails', async () => {
    expect(await textOf({ on: 'id', do: 'fail' })).toBe(insert)
  })

  it('has a time limit in MariaDB, and none in MySQL, which does not support it', async () => {
    const limit = /^set statement max_statement_time = 7\.\d{3}, innodb_lock_wait_timeout = 6 for insert into/
    expect(await textOf('id', { mariadb: true })).toMatch(limit)
    expect(await textOf('id', { mariadb: false })).toMatch(/^insert into/)
  })
})

describe('a value for MySQL', () => {
  const type = { sqlType: 'text' }
  const facts = { types: new Map([['note', type]]), mariadb: false, neverNullKey: 'id', keyIndexes: [] }

  it.each([
    ['a', 'a'],
    [true, 1],
    [2n ** 64n, 2n ** 64n],
    [{ id: 'x' }, '{"id":"x"}'],
    [[1, 2], '[1,2]'],
    [undefined, null],
    [new Uint8Array([1, 2]).subarray(1), Buffer.from([2])],
  ])('%o is sent as %o', (value, expected) => {
    expect(mysqlWriter.encode(value, type, facts)).toEqual(expected)
  })

  it.each([
    Number.NaN,
    Number.POSITIVE_INFINITY,
    new Date(Number.NaN),
    () => 1,
    Symbol('x'),
    { toOperationNode() {} },
    { toJSON: () => undefined },
  ])('%o is refused', (value) => {
    expect(() => mysqlWriter.encode(value, type, facts)).toThrow()
  })
})
