import { Client, Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type ConnectionLimit, connectionLimit, type PostgresPoolOptions, postgresPool } from '../index.ts'
import { startDatabase } from '../testing/database.ts'

let database: Awaited<ReturnType<typeof startDatabase>>
beforeAll(async () => {
  database = await startDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

function open(limit: ConnectionLimit | undefined, options: Partial<PostgresPoolOptions<object>> = {}) {
  const pool = postgresPool({
    Pool,
    ...(limit && { limit }),
    connectionString: database.functionsUrl,
    ...options,
  })
  onTestFinished(() => pool.end())
  return pool
}
describe('connectionLimit', () => {
  it('applies to several pools together, regardless of their own limits', async () => {
    const limit = connectionLimit({ connections: 3 })
    // Each use waits for many others.
    const patient = { connectionTimeoutMillis: 50_000 }
    const pools = [
      open(limit, patient),
      open(limit, { ...patient, connections: 2 }),
      open(limit, { ...patient, maxUses: 2 }),
    ]
    await expect.poll(() => database.connections()).toBe(0)
    database.resetPeak()
    let most = 0
    await Promise.all(
      Array.from({ length: 24 }, async (_, turn) => {
        const client = await (pools[turn % 3] as (typeof pools)[0]).connect()
        await client.query('select pg_sleep(0.002)', [])
        most = Math.max(most, limit.open)
        client.release()
      }),
    )
    expect(most).toBe(3)
    expect(database.peakConnections()).toBeLessThanOrEqual(3)
  })

  it('closes an unused connection of one pool when another pool needs it', async () => {
    const limit = connectionLimit({ connections: 1 })
    const [one, other] = [open(limit), open(limit)]
    await expect.poll(() => database.connections()).toBe(0)
    database.resetPeak()
    for (const pool of [one, other, one, other]) {
      const client = await pool.connect()
      await client.query('select 1', [])
      client.release()
      expect(limit.open).toBe(1)
    }
    await expect.poll(() => database.connections()).toBe(1)
    expect(database.peakConnections()).toBe(1)
  })

  it('applies to a plain pool of pg', async () => {
    const limit = connectionLimit({ connections: 2 })
    const pool = new Pool({
      connectionString: database.functionsUrl,
      max: 8,
      maxUses: 1,
      stream: limit.socket,
    })
    let most = 0
    await Promise.all(
      Array.from({ length: 12 }, async () => {
        await pool.query('select pg_sleep(0.002)')
        most = Math.max(most, limit.open)
      }),
    )
    await pool.end()
    expect(most).toBeLessThanOrEqual(2)
  })

  it('counts a connection that is created from the options of a pool to cancel a statement', async () => {
    const limit = connectionLimit({ connections: 2 })
    // As the owner, whose sessions may be idle for any time.
    const pool = open(limit, { connectionString: database.url })
    const busy = await pool.connect()
    const controls = [new Client(pool.options), new Client({ ...pool.options, connectionTimeoutMillis: 300 })]
    await controls[0]?.connect()
    expect(limit.open).toBe(2)
    await expect(controls[1]?.connect()).rejects.toThrow()
    expect(limit.open).toBe(2)
    await controls[0]?.end()
    await expect.poll(() => limit.open).toBe(1)
    busy.release()
  })

  it('times out when all connections are in use, and serves waiting uses in order', async () => {
    const limit = connectionLimit({ connections: 1 })
    const first = await open(limit).connect()
    const pool = open(limit, { connectionTimeoutMillis: 100 })
    await expect(pool.connect()).rejects.toMatchObject({ code: 'SPILLWAY_CONNECTIONS_BUSY' })
    const order: number[] = []
    const waiting = [1, 2, 3].map(async (turn) => {
      const client = await open(limit).connect()
      order.push(turn)
      client.release()
    })
    first.release()
    await Promise.all(waiting)
    expect(order).toEqual([1, 2, 3])
  })

  it('does not count sockets that could not connect', async () => {
    const limit = connectionLimit({ connections: 1 })
    const pool = open(limit, { connectionString: 'postgres://app@127.0.0.1:1/none' })
    for (let turn = 0; turn < 3; turn += 1) {
      await expect(pool.connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    }
    await expect.poll(() => limit.open).toBe(0)
  })

  it('reads its share from the environment variable', () => {
    onTestFinished(() => void vi.unstubAllEnvs())
    expect(connectionLimit().connections).toBe(1)
    vi.stubEnv('SPILLWAY_CONNECTIONS', '5')
    expect(connectionLimit()).toMatchObject({ connections: 5, open: 0 })
    expect(connectionLimit({ connections: 2 }).connections).toBe(2)
    for (const wrong of ['', '0', '-1', '1.5', '10001', 'five', '1e3']) {
      vi.stubEnv('SPILLWAY_CONNECTIONS', wrong)
      expect(() => connectionLimit()).toThrow(
        expect.objectContaining({
          code: 'SPILLWAY_OPTION_INVALID',
          message: expect.stringContaining('SPILLWAY_CONNECTIONS'),
        }),
      )
    }
  })

  it.each([{ connections: 0 }, { connections: 1.5 }, { max: 2 }, { clock: {} }])(
    'refuses the options %o',
    (options) => {
      expect(() => connectionLimit(options as never)).toThrow(
        expect.objectContaining({ code: 'SPILLWAY_OPTION_INVALID' }),
      )
    },
  )
})

describe('the share of an environment', () => {
  const one = () => open(undefined)

  it('is one limit for all pools of the process to the same database', async () => {
    const pools = [one(), one(), one()]
    expect(new Set(pools.map(({ limit }) => limit)).size).toBe(1)
    expect(pools[0]?.limit.connections).toBe(1)
    for (const pool of [...pools, ...pools]) {
      const client = await pool.connect()
      await client.query('select 1', [])
      client.release()
      expect(pool.limit.open).toBe(1)
    }
    const elsewhere = new URL(database.functionsUrl)
    elsewhere.pathname = '/postgres'
    expect(open(undefined, { connectionString: elsewhere.href }).limit).not.toBe(pools[0]?.limit)
  })

  it('depends on the database in the connection string of the driver’s options', async () => {
    const to = (name: string) =>
      postgresPool({ Pool, config: { connectionString: `postgres://app@db.test/${name}` } })
    const pools = [to('orders'), to('audit'), to('orders'), to('100%25'), to('100%')]
    const limits = pools.map(({ limit }) => limit)
    expect(limits[1]).not.toBe(limits[0])
    expect(limits[2]).toBe(limits[0])
    expect(limits[4]).toBe(limits[3])
    await Promise.all(pools.map((pool) => pool.end()))
  })

  it('ends with the last of its pools', async () => {
    await postgresPool({ Pool, connectionString: database.functionsUrl }).end()
    const second = open(undefined, { connections: 3 })
    expect(second.limit).toMatchObject({ connections: 3 })
    expect(one().limit).toBe(second.limit)
  })

  it.each([
    ['1', 'A pool of 5 connections is too many: this environment has a share of 1 (SPILLWAY_CONNECTIONS).'],
    [undefined, 'A pool of 5 connections is too many: the pools of this process to one database share 3.'],
  ])('refuses a pool that wants more, with SPILLWAY_CONNECTIONS=%s', (share, message) => {
    if (share !== undefined) {
      vi.stubEnv('SPILLWAY_CONNECTIONS', share)
      onTestFinished(() => void vi.unstubAllEnvs())
    } else open(undefined, { connections: 3 })
    const refused = expect.objectContaining({
      code: 'SPILLWAY_OPTION_INVALID',
      message: expect.stringContaining(message),
    })
    expect(() => open(undefined, { connections: 5 })).toThrow(refused)
    if (share !== undefined)
      expect(() => connectionLimit({ connections: 5 })).toThrow(
        expect.objectContaining({ code: 'SPILLWAY_OPTION_INVALID' }),
      )
    expect(() => open(connectionLimit({ connections: 1 }), { connections: 2 })).toThrow(
      expect.objectContaining({
        code: 'SPILLWAY_OPTION_INVALID',
        message: 'A pool of 2 connections is too many: its `limit` has 1.',
      }),
    )
  })
})
