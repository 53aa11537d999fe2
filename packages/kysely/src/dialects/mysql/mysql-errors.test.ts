import { inspect } from 'node:util'
import type { Connection } from 'mysql2'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { classifyError } from '../../errors/classify-error.ts'
import { refusal, writeError } from '../../errors/describe-error.ts'
import type { Failure } from '../../errors/failure.ts'
import { connectMysql, describeMysql, executeMysql, queryMysql } from '../../testing/mysql.ts'
import { isTakenKey } from './mysql-errors.ts'

const mysqlError = (errno: number, sqlState = 'HY000', sqlMessage = "value 'secret' is wrong") =>
  Object.assign(new Error(sqlMessage), { code: 'ER_SOME', errno, sqlState, sqlMessage })

const numbers: Readonly<Record<Failure, readonly number[]>> = {
  saturation: [1040, 1203, 1226, 9501],
  busy: [],
  connection: [2006, 2013, 1053, 1158, 1159, 1160, 1161, 4031, 1290, 1836, 1792],
  transient: [1213, 1020],
  locked: [1205, 3572],
  tooSlow: [3024, 1969, 1317, 1153],
  server: [3, 20, 28, 1016, 1026, 1030, 1194],
  systemic: [1021, 1114, 1044, 1045, 1049, 1054, 1146, 1142],
  fault: [1364, 1467, 1526],
  permanent: [1048, 1264, 1366, 1406, 3819, 4025, 1390, 1265, 1292, 1690],
  ordering: [1452],
  duplicate: [1062],
  unknown: [1105, 1644, 9999],
}
const states: readonly (readonly [string, Failure])[] = [
  ['08S01', 'connection'],
  ['22007', 'permanent'],
  ['23000', 'permanent'],
  ['28000', 'systemic'],
  ['40001', 'transient'],
  ['42000', 'systemic'],
  ['70100', 'tooSlow'],
  ['45000', 'unknown'],
]

describe('classifyError', () => {
  for (const [failure, list] of Object.entries(numbers)) {
    it.each(list)(`classifies error %i of MySQL as ${failure}`, (errno) => {
      expect(classifyError(mysqlError(errno))).toBe(failure)
    })
  }

  it.each(states)('classifies an unknown number by its SQLSTATE %s: %s', (state, failure) => {
    expect(classifyError(mysqlError(8_888, state))).toBe(failure)
  })

  it.each([
    [{ code: 'PROTOCOL_CONNECTION_LOST', fatal: true }, 'connection'],
    [{ code: 'PROTOCOL_SEQUENCE_TIMEOUT' }, 'tooSlow'],
    [{ code: 'ECONNREFUSED', errno: -111, fatal: true }, 'connection'],
    [{ code: 'ETIMEDOUT', fatal: true }, 'connection'],
  ] as const)('classifies %o of mysql2 as %s', (fields, failure) => {
    expect(classifyError(Object.assign(new Error('x'), fields))).toBe(failure)
  })

  it.each([
    ["Can't add new command when connection is in closed state", 'connection'],
    ["Can't write in closed state", 'connection'],
    ['Queue limit reached.', 'saturation'],
    ['No connections available.', 'saturation'],
  ])('classifies "%s" as %s', (message, failure) => {
    expect(classifyError(new Error(message))).toBe(failure)
  })
})

describe('an error that a trigger signals', () => {
  it.each([
    [1644, '45000', 'unknown'],
    [1644, 'OR001', 'unknown'],
    [1644, '42000', 'unknown'],
    [1644, '08S01', 'unknown'],
    [1644, '23000', 'permanent'],
    [1146, '45000', 'unknown'],
    [31_001, 'PT403', 'unknown'],
    [7, '45000', 'unknown'],
    [1205, '02TRG', 'unknown'],
    [1146, '77TRG', 'unknown'],
    [1146, '60000', 'unknown'],
  ] as const)(
    'is classified by the code of its author, regardless of the number: %i %s is %s',
    (errno, state, failure) => {
      const error = mysqlError(errno, state, 'order secret refused')
      expect(classifyError(error)).toBe(failure)
      const shown = inspect([writeError(failure, error), refusal(error)], { depth: 10, showHidden: true })
      expect(shown).toContain(`MYSQL_${errno}`)
      expect(shown).not.toContain('secret')
    },
  )
})

describe('the description of an error of MySQL', () => {
  it.each([
    [1062, "Duplicate entry 'secret' for key 'items.note'", 'unique constraint "items.note"'],
    [1062, "Duplicate entry 'for key 'secret'' for key 'note'", 'unique constraint "note"'],
    [1048, "Column 'total' cannot be null", 'not-null constraint on column "total"'],
    [1406, "Data too long for column 'note' at row 3", 'a text is too long for column "note"'],
    [3819, "Check constraint 'positive' is violated.", 'check constraint "positive"'],
    [4025, 'CONSTRAINT `positive` failed for `shop`.`items`', 'check constraint "positive"'],
    [
      1452,
      'Cannot add or update a child row: a foreign key constraint fails (`a`.`b`, CONSTRAINT `parent` FOREIGN KEY (`p`) REFERENCES `c` (`id`) ON DELETE CASCADE)',
      'foreign key constraint "parent"',
    ],
    [1690, "BIGINT value is out of range in 'secret'", 'MySQL error 1690'],
    [1062, "Duplicate entry 'x' for key 'the \"secret\" key'", 'unique constraint'],
  ])('names the schema and no value: %i %s', (errno, message, words) => {
    expect(refusal(mysqlError(errno, '23000', message))).toEqual({
      code: `MYSQL_${errno}`,
      detail: `The database refuses the row: ${words}.`,
    })
  })

  it.each([1062, 1366, 1452, 1644, 1105, 1292])('contains no values in the cause of %i', (errno) => {
    const error = writeError(
      'unknown',
      mysqlError(errno, '45000', "Incorrect integer value: 'secret' for column"),
    )
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('secret')
    expect(error.cause).toMatchObject({ code: `MYSQL_${errno}` })
  })

  it('keeps messages about the server itself, and reports a missing table as such', () => {
    expect(writeError('saturation', mysqlError(1040, '08004', 'Too many connections'))).toMatchObject({
      code: 'SPILLWAY_DATABASE_UNAVAILABLE',
      cause: { message: 'MySQL error 1040: Too many connections' },
    })
    expect(writeError('systemic', mysqlError(1146, '42S02', "Table 'a.b' doesn't exist"))).toMatchObject({
      code: 'SPILLWAY_TABLE_UNKNOWN',
    })
  })

  it('distinguishes a key that the writer set to null from another column', () => {
    const error = mysqlError(1048, '23000', "Column 'id' cannot be null")
    expect([
      isTakenKey(error, 'id'),
      isTakenKey(error, 'total'),
      isTakenKey(new Error('x'), undefined),
    ]).toEqual([true, false, false])
  })
})

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => [Reflect.get(Object(error), 'errno'), classifyError(error)],
  )

describeMysql('errors of a real MySQL or MariaDB', (database) => {
  beforeAll(() =>
    executeMysql(
      database.url,
      `create table parents (id int primary key);
       create table t (
         id int primary key, n tinyint not null, s varchar(3), u int unique,
         p int, constraint parent foreign key (p) references parents (id), constraint small check (n < 100)
       )`,
    ).then(() => undefined),
  )
  const cases: readonly (readonly [string, Failure, RegExp])[] = [
    ['insert into t (id, n) values (1, null)', 'permanent', /MYSQL_1048 .*"n"/],
    ['insert into t (id, n) values (1, 1000)', 'permanent', /MYSQL_1264 .*"n"/],
    ["insert into t (id, n) values (1, 'secret')", 'permanent', /MYSQL_1366 .*"n"/],
    ["insert into t (id, n, s) values (1, 1, 'secret')", 'permanent', /MYSQL_1406 .*"s"/],
    ['insert into t (id, n) values (1, 101)', 'permanent', /MYSQL_(?:4025|3819) .*"small"/],
    ['insert into t (id, n, p) values (1, 1, 7)', 'ordering', /MYSQL_1452 .*"parent"/],
    [
      'insert into t (id, n) values (5, 1); insert into t (id, n) values (5, 1)',
      'duplicate',
      /MYSQL_1062 .*PRIMARY"/,
    ],
    ['insert into t (id) values (1)', 'fault', /MYSQL_1364/],
    ['insert into t (id, x) values (1, 1)', 'systemic', /MYSQL_1054/],
    ['insert into secret (id) values (1)', 'systemic', /MYSQL_1146/],
    ['insert into t values (1)', 'systemic', /MYSQL_1136/],
    ["signal sqlstate '45000' set message_text = 'secret'", 'unknown', /MYSQL_1644/],
    [
      'set statement max_statement_time = 0.05 for insert into t (id, n) select 9, sleep(1)',
      'tooSlow',
      /MYSQL_1969/,
    ],
    ['set session transaction read only; insert into t (id, n) values (1, 1)', 'connection', /MYSQL_1792/],
  ]
  it.each(cases)('%s: %s', async (statement, failure, described) => {
    const error = await executeMysql(database.url, statement).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(classifyError(error)).toBe(failure)
    const { code, detail } = refusal(error)
    expect(`${code} ${detail}`).toMatch(described)
    expect(detail).not.toContain('secret')
  })

  it('a deadlock is transient, in contrast to a wait for a lock that timed out', async () => {
    await executeMysql(database.url, 'insert into parents values (1), (2)')
    const [one, two, late] = [1, 2, 3].map(() => connectMysql(database.url)) as [
      Connection,
      Connection,
      Connection,
    ]
    onTestFinished(() => {
      for (const connection of [one, two, late]) connection.destroy()
    })
    const lock = (id: number) => `select * from parents where id = ${id} for update`
    await queryMysql(one, `begin; ${lock(1)}`)
    const waits = failureOf(queryMysql(late, `set innodb_lock_wait_timeout = 1; ${lock(1)}`))
    expect(await waits).toEqual([1205, 'locked'])
    await queryMysql(two, `begin; ${lock(2)}`)
    const ends = await Promise.all([failureOf(queryMysql(one, lock(2))), failureOf(queryMysql(two, lock(1)))])
    expect(ends.filter((end) => end !== undefined)).toEqual([[1213, 'transient']])
  })

  it('a wrong password and a missing database are systemic, an unreachable server is a lost connection', async () => {
    for (const [change, failure] of [
      [{ password: 'wrong' }, 'systemic'],
      [{ pathname: '/nowhere' }, 'systemic'],
      [{ port: '1' }, 'connection'],
    ] as const) {
      const url = new URL(database.url)
      Object.assign(url, change)
      const error = await executeMysql(url.href, 'select 1').catch((reason: unknown) => reason)
      expect(classifyError(error)).toBe(failure)
    }
  })
})
