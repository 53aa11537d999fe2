import { Pool } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { postgresPool } from '../../index.ts'
import { clear, execute, startDatabase } from '../../testing/database.ts'
import { transactionText } from './pipeline-transactions.ts'

let database: Awaited<ReturnType<typeof startDatabase>>
beforeAll(async () => {
  database = await startDatabase()
  await execute(
    database.url,
    `create table parents (id int primary key);
     create table children (
       id int primary key, parent int references parents deferrable initially deferred, note text
     )`,
  )
})
beforeEach(() => clear(database.url, ['children', 'parents']))
afterAll(() => database[Symbol.asyncDispose]())

/** Runs a transaction on the only connection of a pool, and queries the same connection. */
function open(config: object = {}) {
  const pool = postgresPool({ Pool, connectionString: database.url, config })
  onTestFinished(() => pool.end())
  async function ask(text: string, parameters: unknown[] = []) {
    const client = await pool.connect()
    try {
      return await client.query<Record<string, unknown>>(text, parameters)
    } finally {
      client.release()
    }
  }
  const run = (statement: string, parameters: unknown[] = [], limits: string[] = []) =>
    ask(transactionText(limits, statement), parameters)
  return { ask, run }
}
const children = () => execute(database.url, 'select id from children order by id')
const insert = 'insert into children (id, parent) select * from unnest($1::int[], $2::int[])'

describe('a transaction of one statement', () => {
  it('returns the result of the statement, and is committed', async () => {
    const { run } = open()
    expect(await run(`${insert} returning id`, [[1, 2], []])).toMatchObject({
      command: 'INSERT',
      rowCount: 2,
      rows: [{ id: 1 }, { id: 2 }],
    })
    expect(await children()).toEqual([{ id: 1 }, { id: 2 }])
  })

  it.each([
    ['the statement', [[3, 3], []], '23505'],
    ['the COMMIT', [[3], [9]], '23503'],
    ['a parameter', [['x'], []], '22P02'],
  ])(
    'is rolled back when %s is refused, and leaves the connection unchanged',
    async (_, parameters, code) => {
      const { ask, run } = open()
      const pid = async () => (await ask('select pg_backend_pid() as pid')).rows[0]?.pid
      const first = await pid()
      await expect(run(insert, parameters)).rejects.toMatchObject({ code })
      const own = 'select now() = statement_timestamp() as own'
      expect((await ask(own)).rows).toEqual([{ own: true }])
      expect(await pid()).toBe(first)
      expect(await children()).toEqual([])
    },
  )

  it('has its limits, which end with it', async () => {
    const { ask, run } = open()
    await expect(
      run('select pg_sleep(30), $1::int', [1], ['set local statement_timeout = 100']),
    ).rejects.toMatchObject({ code: '57014' })
    expect((await ask('show statement_timeout')).rows).toEqual([{ statement_timeout: '0' }])
  })

  it('is refused as a whole when a limit is refused', async () => {
    const { run } = open()
    await expect(run(insert, [[1], []], ['set local no_such_setting = 1'])).rejects.toMatchObject({
      code: '42704',
    })
    expect(await children()).toEqual([])
  })

  it('is rejected when its connection is lost, and the next one gets another connection', async () => {
    const { run } = open()
    await expect(run('select pg_terminate_backend(pg_backend_pid()), $1::int', [1])).rejects.toMatchObject({
      code: '57P01',
    })
    expect(await run(insert, [[4], []])).toMatchObject({ rowCount: 1 })
  })

  it('may be large', async () => {
    const { run } = open()
    // More than the buffers of both sockets hold.
    const note = 'x'.repeat(12_000_000)
    await run('insert into children (id, note) values ($1, $2)', [5, note])
    expect(await execute(database.url, 'select length(note) from children')).toEqual([{ length: 12_000_000 }])
  })

  it('is abandoned after the time-out of the driver, with its connection', async () => {
    const { run } = open({ query_timeout: 200 })
    await expect(run('select pg_sleep(30), $1::int', [1])).rejects.toThrow()
    expect(await run(insert, [[6], []])).toMatchObject({ rowCount: 1 })
  })
})

it('does not change other queries', async () => {
  const { ask } = open()
  for (const text of ['begin; select $1::int; rollback', 'select 1; select $1::int; commit']) {
    await expect(ask(text, [1])).rejects.toMatchObject({ code: '42601' })
  }
  expect((await ask(`select '; commit' as text where $1 = 1`, [1])).rows).toEqual([{ text: '; commit' }])
})
