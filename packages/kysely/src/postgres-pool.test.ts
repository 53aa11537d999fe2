import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { postgresPool } from './index.ts'
import { execute, startDatabase } from './testing/database.ts'

let database: Awaited<ReturnType<typeof startDatabase>>
beforeAll(async () => {
  database = await startDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

describe('postgresPool', () => {
  it('replaces a connection that outlived its idle time while timers stood still', async () => {
    let now = 0
    const clock = { now: () => now, sleep: async () => undefined }
    const pool = postgresPool({ Pool, connectionString: database.url, clock })
    onTestFinished(() => pool.end())
    const pid = async () => {
      const client = await pool.connect()
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid', [])
      client.release()
      return rows[0]?.pid
    }
    const first = await pid()
    now += 60_000
    expect(await pid()).toBe(first)
    now += 60_001
    expect(await pid()).not.toBe(first)
  })

  it.each([
    [undefined, 60_000],
    [5_000, 5_000],
  ])(
    'takes back a connection in use with longestUseMillis %s after %i ms',
    async (longestUseMillis, after) => {
      let now = 0
      const clock = { now: () => now, sleep: async () => undefined }
      const pool = postgresPool({
        Pool,
        connectionString: database.url,
        connectionTimeoutMillis: 1_000,
        clock,
        ...(longestUseMillis === undefined ? {} : { longestUseMillis }),
      })
      onTestFinished(() => pool.end())
      const stuck = await pool.connect()
      const lost = stuck.query('select pg_sleep(60)', []).catch((error: Error) => {
        stuck.release()
        return error.message
      })
      now += after
      await expect(pool.connect()).rejects.toThrow('timeout exceeded')
      now += 1
      const client = await pool.connect()
      expect((await client.query<{ one: number }>('select 1 as one', [])).rows).toEqual([{ one: 1 }])
      client.release()
      expect(await lost).toMatch(/terminated/)
    },
  )

  it.each([
    ['refuses writes', 'set default_transaction_read_only = on', 'create table never ()', '25006'],
    ['ends it', 'select 1', 'select pg_terminate_backend(pg_backend_pid())', '57P01'],
  ])('replaces a connection whose server %s', async (_, before, statement, code) => {
    const pool = postgresPool({ Pool, connectionString: database.url })
    onTestFinished(() => pool.end())
    const first = await pool.connect()
    await first.query(before, [])
    await expect(first.query(statement, [])).rejects.toMatchObject({ code })
    first.release()
    const second = await pool.connect()
    expect(second).not.toBe(first)
    const { rows } = await second.query('show default_transaction_read_only', [])
    expect(rows).toEqual([{ default_transaction_read_only: 'off' }])
    second.release()
  })

  it('keeps a connection whose statement failed for a reason of its own', async () => {
    const pool = postgresPool({ Pool, connectionString: database.url })
    onTestFinished(() => pool.end())
    const first = await pool.connect()
    await expect(first.query('select 1 / 0', [])).rejects.toMatchObject({ code: '22012' })
    first.release()
    const second = await pool.connect()
    expect(second).toBe(first)
    second.release()
  })

  it('closes the connection that it replaces', async () => {
    const url = new URL(database.url)
    url.searchParams.set('application_name', 'replaced')
    const pool = postgresPool({ Pool, connectionString: url.href })
    onTestFinished(() => pool.end())
    for (let turn = 0; turn < 3; turn += 1) {
      const client = await pool.connect()
      await client.query('set default_transaction_read_only = on', [])
      await expect(client.query('create table never ()', [])).rejects.toMatchObject({ code: '25006' })
      client.release()
    }
    const open = async () =>
      execute(database.url, "select pid from pg_stat_activity where application_name = 'replaced'")
    await expect.poll(open, { timeout: 5_000 }).toHaveLength(1)
  })

  it.each([
    {},
    { Pool, connections: 0 },
    { Pool, max: 5 },
    { Pool, idleTimeoutMillis: 0 },
    { Pool, longestUseMillis: 999 },
  ])('refuses the options %o', (options) => {
    expect(() => postgresPool(options as never)).toThrow(
      expect.objectContaining({ code: 'SPILLWAY_OPTION_INVALID' }),
    )
  })
})
