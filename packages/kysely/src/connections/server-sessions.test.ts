import { setTimeout as sleep } from 'node:timers/promises'
import { Client, Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { PgClient } from '../dialects/postgres/pg-client.ts'
import { connectionLimit, type PostgresPoolOptions, postgresPool } from '../index.ts'
import { startDatabase } from '../testing/database.ts'

let database: Awaited<ReturnType<typeof startDatabase>>
beforeAll(async () => {
  database = await startDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

const logger = { info() {}, warn() {}, error() {} }

function open(options: Partial<PostgresPoolOptions<object>> = {}) {
  const pool = postgresPool({
    Pool,
    connectionString: database.functionsUrl,
    connectionTimeoutMillis: 400,
    logger,
    ...options,
  })
  onTestFinished(() => pool.end())
  return pool
}

/** Counts the functions' sessions at the server. A session that two consecutive queries show existed between them. */
async function watchSessions() {
  const client = new Client({ connectionString: database.url })
  await client.connect()
  let before = new Set<string>()
  let most = 0
  let isOver = false
  async function look(): Promise<void> {
    while (!isOver) {
      const { rows } = await client.query<{ session: string }>(
        `select pid || ' ' || backend_start as session from pg_stat_activity
         where usename = 'app' and datname is not null`,
      )
      const seen = new Set(rows.map(({ session }) => session))
      most = Math.max(most, [...seen].filter((session) => before.has(session)).length)
      before = seen
      await sleep(2)
    }
  }
  const looking = look()
  return {
    most: () => most,
    async stop(): Promise<number> {
      isOver = true
      await looking
      await client.end()
      return most
    },
  }
}

describe('an environment with a share of 1 has one session at the server', () => {
  const slow = 'select pg_sleep(60)'

  it.each<[string, Partial<PostgresPoolOptions<object>>, (client: PgClient) => Promise<unknown>]>([
    [
      'whose connections are closed after longestUseMillis',
      { longestUseMillis: 1_000, connectionTimeoutMillis: 1_500 },
      async (client) => {
        void client.query(slow, []).catch(() => client.release())
      },
    ],
    [
      'whose driver stops waiting for statements',
      { config: { query_timeout: 100 } },
      async (client) => {
        await client.query(slow, []).catch(() => undefined)
        client.release()
      },
    ],
    [
      'whose driver stops waiting for a pipelined transaction',
      { config: { query_timeout: 100 } },
      async (client) => {
        await client
          .query('begin; set local lock_timeout = 9; select pg_sleep(60) + $1; commit', [1])
          .catch(() => undefined)
        client.release()
      },
    ],
    [
      'whose connections are released as lost during a statement',
      {},
      async (client) => {
        void client.query(slow, []).catch(() => undefined)
        await sleep(20)
        ;(client.release as (destroy: boolean) => void)(true)
      },
    ],
    [
      'whose sockets are destroyed',
      {},
      async (client) => {
        void client.query(slow, []).catch(() => client.release())
        await sleep(20)
        const { connection } = client as unknown as { connection: { stream: { destroy(): void } } }
        connection.stream.destroy()
      },
    ],
  ])('%s', { timeout: 30_000 }, async (_, options, use) => {
    const pool = open(options)
    const sessions = await watchSessions()
    let uses = 0
    // On a busy machine, to connect may take longer than the time-out of the pool.
    for (const end = performance.now() + 600; performance.now() < end || uses < 3; ) {
      const client = await connectAtLast(pool)
      uses += 1
      await use(client as PgClient)
    }
    expect(pool.limit.open).toBeLessThanOrEqual(1)
    const client = await connectAtLast(pool)
    expect((await client.query<{ one: number }>('select 1 as one', [])).rows).toEqual([{ one: 1 }])
    await expect.poll(sessions.most).toBe(1)
    client.release()
    expect(await sessions.stop()).toBe(1)
  })
})

/** A connection of a pool, requested until there is one. */
async function connectAtLast(pool: ReturnType<typeof open>) {
  for (;;) {
    const client = await pool.connect().catch(() => undefined)
    if (client !== undefined) return client
  }
}

it('a new pool waits for the sessions of a pool that is ending', async () => {
  const sessions = await watchSessions()
  for (let turn = 0; turn < 5; turn += 1) {
    const pool = postgresPool({ Pool, connectionString: database.functionsUrl, logger })
    const client = await pool.connect()
    void client.query('select pg_sleep(60)', []).catch(() => client.release())
    void pool.end()
    void sleep(20).then(() => (client.release as (destroy: boolean) => void)(true))
  }
  const client = await connectAtLast(open())
  await expect.poll(sessions.most).toBe(1)
  client.release()
  expect(await sessions.stop()).toBe(1)
})

describe('no connection is lost', () => {
  it('to another pool of the limit that got no answer', async () => {
    const limit = connectionLimit({ connections: 1 })
    const [lost, other] = [
      open({ limit, longestUseMillis: 1_000 }),
      open({ limit, connectionTimeoutMillis: 3_000 }),
    ]
    const stuck = await lost.connect()
    const answer = stuck.query('select pg_sleep(60)', []).catch((error: Error) => error.message)
    for (let turn = 0; turn < 3; turn += 1) {
      const client = await other.connect()
      expect((await client.query<{ one: number }>('select 1 as one', [])).rows).toEqual([{ one: 1 }])
      client.release()
    }
    expect(await answer).toBe('canceling statement due to user request')
    // To return the connection afterwards has no effect.
    stuck.release()
    expect(limit.open).toBe(1)
  })

  it('to a pool that could not be created', async () => {
    const broken = class {
      constructor() {
        throw new TypeError('no')
      }
    }
    const options = { connectionString: database.functionsUrl, connections: 1 }
    expect(() => postgresPool({ ...options, Pool: broken as never })).toThrow('no')
    expect(open({ connections: 4 }).limit.connections).toBe(4)
  })

  it('to a use that had not connected yet when another one began to wait', async () => {
    const limit = connectionLimit({ connections: 1 })
    const lost = open({ limit, longestUseMillis: 1_000 })
    const other = open({ limit, connectionTimeoutMillis: 5_000 })
    const connecting = lost.connect()
    const start = performance.now()
    const client = await other.connect()
    expect(performance.now() - start).toBeLessThan(3_000)
    client.release()
    ;(await connecting).release()
  })

  it('to a client that is never returned', async () => {
    const pool = open({ longestUseMillis: 1_000, connectionTimeoutMillis: 3_000 })
    const listener = await pool.connect()
    await listener.query('listen news', [])
    for (let turn = 0; turn < 3; turn += 1) {
      const client = await pool.connect()
      expect(client).not.toBe(listener)
      await client.query('select 1', [])
      client.release()
    }
    listener.release()
    expect(pool.limit.open).toBe(1)
  })

  it('to a request that waits for its own pool', async () => {
    const limit = connectionLimit({ connections: 2 })
    const [narrow, other] = [open({ limit, connections: 1 }), open({ limit })]
    const first = await narrow.connect()
    const second = narrow.connect().catch((error: { code: string }) => error.code)
    await sleep(20)
    const connected = other.connect()
    // It does not wait until the request has timed out.
    expect(await Promise.race([connected.then(() => 'connected'), second])).toBe('connected')
    ;(await connected).release()
    expect(await second).toBe('SPILLWAY_CONNECTIONS_BUSY')
    first.release()
  })
})
