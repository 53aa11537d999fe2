import { randomUUID } from 'node:crypto'
import { systemClock } from '@spillway/message/internal'
import { expect, it, onTestFinished } from 'vitest'
import { timeLimit } from '../../testing/database.ts'
import { describeMysql, executeMysql, openMysql } from '../../testing/mysql.ts'
import { createDeadline } from '../../time/deadline.ts'
import { mysqlErrorOrigin } from './mysql-error-origin.ts'

// The server of the tests is MariaDB: these are the messages of MySQL 8, about tables of the same names.
describeMysql('the origin of an error by the messages of MySQL 8', (database) => {
  const duplicate = (key: string): readonly [number, string] => [
    1062,
    `Duplicate entry 'x for key 'a'' for key '${key}'`,
  ]
  it.for([
    [duplicate('t.k'), 'row'],
    [duplicate('t.PRIMARY'), 'row'],
    [duplicate('t.by_default'), 'database'],
    [duplicate('t.gone'), 'elsewhere'],
    [duplicate('other.k'), 'elsewhere'],
    [duplicate('other.PRIMARY'), 'elsewhere'],
    // Before 8.0.19 the table is not named: the values decide, and no row has these.
    [duplicate('k'), 'unsure'],
    [duplicate('by_default'), 'database'],
    [[1048, "Column 'a' cannot be null"], 'unsure'],
    [[1048, "Column 'n' cannot be null"], 'database'],
    [[1048, "Column 'x' cannot be null"], 'elsewhere'],
    [[1264, "Out of range value for column 'a' at row 1"], 'unsure'],
    [[1366, "Incorrect integer value: 'x' for column 'a' at row 1"], 'unsure'],
    [[3819, "Check constraint 'own' is violated."], 'row'],
    [[3819, "Check constraint 'of_default' is violated."], 'database'],
    [[3819, "Check constraint 'strange' is violated."], 'elsewhere'],
  ] as const)('%o: %s', async ([[errno, sqlMessage], column]) => {
    const name = `t_${randomUUID().replaceAll('-', '')}`
    await executeMysql(
      database.url,
      `create table ${name} (id int primary key, a int, n int default 5, unique k (a), unique by_default (n),
         constraint own check (a > 0), constraint of_default check (n > 9));
       create trigger ${name}_after after insert on ${name} for each row set @x = 1`,
    )
    onTestFinished(() => executeMysql(database.url, `drop table ${name}`).then(() => undefined))
    const { db } = openMysql<Record<string, Record<string, unknown>>>(database.url)
    const error = Object.assign(new Error(sqlMessage), {
      errno,
      sqlState: '23000',
      sqlMessage: sqlMessage.replace("'t.", `'${name}.`),
    })
    const answer = await mysqlErrorOrigin(error, {
      db,
      into: name,
      table: { schema: undefined, name },
      columns: new Set(['id', 'a']),
      conflict: ['id'],
      action: 'nothing',
      deadline: createDeadline(timeLimit(), systemClock),
    })
    const values = new Map([
      ['id', 1],
      ['a', 2],
    ])
    expect(typeof answer === 'string' ? answer : await answer(values)).toBe(column)
  })
})
