import { type EventEmitter, once } from 'node:events'
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'
import { systemClock } from '@spillway/message/internal'
import type { PostgresPool } from 'kysely'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { closeAfterInvocation, type PostgresPoolOptions, postgresPool } from '../../index.ts'
import { execute, startDatabase } from '../../testing/database.ts'
import type { PgClient } from './pg-client.ts'

let database: Awaited<ReturnType<typeof startDatabase>>
beforeAll(async () => {
  database = await startDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

async function pidOf(pool: PostgresPool): Promise<number | undefined> {
  const client = await pool.connect()
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid', [])
  client.release()
  return rows[0]?.pid
}

describe('postgresPool', () => {
  it('replaces a connection that exceeded its idle time while timers were stopped', async () => {
    let now = 0
    const clock = { now: () => now, sleep: async () => undefined }
    const pool = postgresPool({ Pool, connectionString: database.url, clock })
    onTestFinished(() => pool.end())
    const first = await pidOf(pool)
    now += 60_000
    expect(await pidOf(pool)).toBe(first)
    now += 60_001
    expect(await pidOf(pool)).not.toBe(first)
  })

  it('closes a connection that is returned inside a transaction', async () => {
    const pool = postgresPool({ Pool, connectionString: database.url })
    onTestFinished(() => pool.end())
    const first = await pidOf(pool)
    for (const text of ['begin', 'begin; select 1/0']) {
      const client = await pool.connect()
      await client.query(text, []).catch(() => undefined)
      client.release()
      expect(await pidOf(pool)).not.toBe(first)
    }
    expect(pool.limit.open).toBe(1)
  })

  it('closes a connection whose last answer is incomplete at once, and adds no listeners for each use', async () => {
    const pool = postgresPool({ Pool, connectionString: database.url })
    onTestFinished(() => pool.end())
    const clients = new Set<PgClient>()
    for (let use = 0; use < 30; use++) {
      const client = (await pool.connect()) as PgClient & EventEmitter
      clients.add(client)
      // The server sends the error before the end of its answer.
      await client.query('select 1/0', []).catch(() => undefined)
      client.release()
      expect(client.listenerCount('drain') + client.listenerCount('end')).toBeLessThan(10)
    }
    expect(clients.size).toBe(1)
    const client = await pool.connect()
    await client.query('select 1/0', []).catch(() => undefined)
    client.release()
    await pool.closeUnused()
    expect(pool.limit.open).toBe(0)
  })

  it('closes a connection whose driver stopped waiting for its statement', async () => {
    const config = { query_timeout: 100 }
    const pool = postgresPool({ Pool, connectionString: database.url, config })
    onTestFinished(() => pool.end())
    const client = await pool.connect()
    await expect(client.query('select pg_sleep(30)', [])).rejects.toThrow('Query read timeout')
    client.release()
    expect(await pidOf(pool)).toBeGreaterThan(0)
  })

  it.each([
    [undefined, 60_000],
    [5_000, 5_000],
  ])('closes a connection in use with longestUseMillis %s after %i ms', async (longestUseMillis, after) => {
    let now = 0
    const clock = { now: () => now, sleep: systemClock.sleep }
    const lines: unknown[] = []
    const pool = postgresPool({
      Pool,
      connectionString: database.url,
      // Enough time to connect on a busy machine.
      connectionTimeoutMillis: 1_000,
      clock,
      logger: { info() {}, warn: (message, fields) => lines.push([message, fields]), error() {} },
      ...(longestUseMillis === undefined ? {} : { longestUseMillis }),
    })
    onTestFinished(() => pool.end())
    const stuck = await pool.connect()
    const lost = stuck.query('select pg_sleep(60)', []).catch((error: Error) => {
      stuck.release()
      return error.message
    })
    now += after
    await expect(pool.connect()).rejects.toMatchObject({ code: 'SPILLWAY_CONNECTIONS_BUSY' })
    now += 1
    const client = await pool.connect()
    expect((await client.query<{ one: number }>('select 1 as one', [])).rows).toEqual([{ one: 1 }])
    client.release()
    expect(await lost).toBe('canceling statement due to user request')
    expect(lines).toEqual([
      [
        'A connection was in use for too long and is closed: its statement got no answer, or it was not given back.',
        { milliseconds: after + 1, longestUseMillis: after },
      ],
    ])
  })

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

  it('keeps a connection whose statement failed for its own reason', async () => {
    const pool = postgresPool({ Pool, connectionString: database.url })
    onTestFinished(() => pool.end())
    const first = await pool.connect()
    await expect(first.query('select 1 / 0', [])).rejects.toMatchObject({ code: '22012' })
    first.release()
    const second = await pool.connect()
    expect(second).toBe(first)
    second.release()
  })

  it('closes each connection that is not used again', async () => {
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
    await expect.poll(open).toHaveLength(0)
  })

  it('replaces connections after their uses and after their lifetime, spread in time', async () => {
    let now = 0
    const clock = { now: () => now, sleep: () => new Promise<void>(() => undefined) }
    const random = [0, 0.9][Symbol.iterator]()
    const pool = postgresPool({
      Pool,
      connectionString: database.url,
      clock,
      maxUses: 4,
      maxLifetimeMillis: 1_000,
      idleTimeoutMillis: 10_000,
      random: () => random.next().value ?? 0,
    })
    onTestFinished(() => pool.end())
    const first = await pidOf(pool)
    for (let use = 1; use < 4; use += 1) expect(await pidOf(pool)).toBe(first)
    const second = await pidOf(pool)
    expect(second).not.toBe(first)
    now += 770
    expect(await pidOf(pool)).toBe(second)
    now += 6
    expect(await pidOf(pool)).not.toBe(second)
  })

  it('closes all unused connections, and opens new ones', async () => {
    const pool = postgresPool({ Pool, connectionString: database.url, connections: 2 })
    onTestFinished(() => pool.end())
    const clients = [await pool.connect(), await pool.connect()]
    clients[0]?.release()
    await pool.closeUnused()
    expect(pool.limit.open).toBe(1)
    expect((await clients[1]?.query('select 1 as one', []))?.rows).toEqual([{ one: 1 }])
    clients[1]?.release()
    await closeAfterInvocation(pool).after()
    expect(pool.limit.open).toBe(0)
    expect(await pidOf(pool)).toBeGreaterThan(0)
  })

  it('drops a connection whose server does not close it', async () => {
    // A server that sends nothing after the start of the session.
    const { port, hostname } = new URL(database.url)
    const sockets: Socket[] = []
    const deaf = createServer({ allowHalfOpen: true }, (client) => {
      const upstream = createConnection(Number(port), hostname)
      sockets.push(client, upstream)
      for (const socket of [client, upstream]) socket.on('error', () => undefined)
      upstream.pipe(client, { end: false })
      client.on('data', (bytes) => void (bytes[0] === 0x58 ? upstream.destroy() : upstream.write(bytes)))
    }).listen(0, '127.0.0.1')
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
      deaf.close()
    })
    await once(deaf, 'listening')
    const url = new URL(database.url)
    url.port = String((deaf.address() as AddressInfo).port)
    const pool = postgresPool({ Pool, connectionString: url.href })
    onTestFinished(() => pool.end())
    await pidOf(pool)
    const start = performance.now()
    await pool.closeUnused()
    expect(pool.limit.open).toBe(0)
    expect(performance.now() - start).toBeGreaterThan(1_900)
    await pidOf(pool)
  })

  describe('a budget', () => {
    async function warnings(options: Partial<PostgresPoolOptions<object>>, url = database.functionsUrl) {
      const lines: string[] = []
      const warn = (line: string) => {
        lines.push(line)
        throw new Error('the log is full')
      }
      const logger = { info: () => undefined, error: () => undefined, warn }
      const pool = postgresPool({ Pool, connectionString: url, logger, maxUses: 1, ...options })
      for (let turn = 0; turn < 3; turn += 1) await pidOf(pool)
      await pool.end()
      return lines
    }

    it('that fits is not logged', async () => {
      expect(await warnings({ budget: 17 })).toEqual([])
      expect(await warnings({})).toEqual([])
    })

    it('that could not be compared is logged, so that it does not look as if it fits', async () => {
      await execute(
        database.url,
        `create schema shadow;
         create function shadow.current_setting(text) returns text language plpgsql as
           $$ begin raise exception 'not today'; end $$;
         grant usage on schema shadow to app;
         alter role app set search_path = shadow, pg_catalog, public`,
      )
      onTestFinished(() =>
        execute(database.url, 'alter role app reset search_path; drop schema shadow cascade').then(
          () => undefined,
        ),
      )
      expect(await warnings({ budget: 17 })).toEqual([
        'The connection budget could not be compared with the limits of the server.',
      ])
    })

    it('that exceeds a limit of the server, the role or the database is logged once', async () => {
      expect(await warnings({ budget: 18 })).toEqual([
        'The budget is 18 connections, but max_connections of the server, less those reserved for superusers, allows 17.',
      ])
      await execute(database.url, 'alter database test connection limit 9')
      onTestFinished(() =>
        execute(database.url, 'alter database test connection limit -1').then(() => undefined),
      )
      expect(await warnings({ budget: 10, connections: 12 })).toEqual([
        'One environment may open 12 connections, more than the budget of 10 for all of them.',
        'The budget is 10 connections, but CONNECTION LIMIT of the database allows 9.',
      ])
    })
  })

  it.each([
    {},
    { Pool, connections: 0 },
    { Pool, max: 5 },
    { Pool, idleTimeoutMillis: 0 },
    { Pool, longestUseMillis: 999 },
    { Pool, maxUses: 0 },
    { Pool, limit: {} },
    { Pool, budget: 0 },
  ])('refuses the options %o', (options) => {
    expect(() => postgresPool(options as never)).toThrow(
      expect.objectContaining({ code: 'SPILLWAY_OPTION_INVALID' }),
    )
  })

  it('names a typo, and lists the options without those that only tests set', () => {
    expect(() => postgresPool({ Pool, max: 5 } as never)).toThrow(
      /^postgresPool has no option `max`\. Its options are connections, limit, connectionTimeoutMillis, longestUseMillis, budget, logger, Pool, connectionString, config\.$/,
    )
  })
})
