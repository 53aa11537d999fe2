import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { postgresPool } from './index.ts'
import { startDatabase } from './testing/database.ts'

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

  it('takes back the connection of an invocation that is long gone', async () => {
    let now = 0
    const clock = { now: () => now, sleep: async () => undefined }
    const pool = postgresPool({ Pool, connectionString: database.url, clock })
    onTestFinished(() => pool.end())
    const stuck = await pool.connect()
    const lost = stuck.query('select pg_sleep(60)', []).catch((error: Error) => {
      stuck.release()
      return error.message
    })
    now += 900_001
    const client = await pool.connect()
    expect((await client.query<{ one: number }>('select 1 as one', [])).rows).toEqual([{ one: 1 }])
    client.release()
    expect(await lost).toMatch(/terminated/)
  })

  it.each([{}, { Pool, connections: 0 }, { Pool, max: 5 }, { Pool, idleTimeoutMillis: 0 }])(
    'refuses the options %o',
    (options) => {
      expect(() => postgresPool(options as never)).toThrow(
        expect.objectContaining({ code: 'SPILLWAY_OPTION_INVALID' }),
      )
    },
  )
})
