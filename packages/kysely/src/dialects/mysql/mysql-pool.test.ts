import { Kysely, MysqlDialect, sql } from 'kysely'
import { createPool } from 'mysql2'
import { expect, it, onTestFinished } from 'vitest'
import { connectionLimit, type MysqlPoolOptions, mysqlPool } from '../../index.ts'
import { connectMysql, describeMysql, executeMysql, queryMysql } from '../../testing/mysql.ts'
import type { MysqlClient } from './mysql-connection.ts'

describeMysql('mysqlPool', ({ url }) => {
  function open(options: Partial<MysqlPoolOptions<object>> = {}) {
    const pool = mysqlPool({ createPool, uri: url, ...options })
    onTestFinished(() => new Promise<void>((resolve) => pool.end(() => resolve())))
    const take = () =>
      new Promise<MysqlClient>((resolve, reject) =>
        pool.getConnection((error, client) => (error ? reject(error) : resolve(client as MysqlClient))),
      )
    return { pool, take }
  }
  const query = (client: MysqlClient, text: string) =>
    new Promise<unknown>((resolve, reject) =>
      client.query(text, [], (error, result) => (error ? reject(error) : resolve(result))),
    )
  async function id(take: () => Promise<MysqlClient>): Promise<number> {
    const client = await take()
    await query(client, 'select 1')
    client.release()
    return client.threadId
  }
  const sessions = async (ids: readonly number[]) =>
    (await executeMysql(url, 'show processlist')).filter(({ Id }) => ids.includes(Number(Id))).length

  it('serves Kysely, transactions included', async () => {
    const { pool } = open()
    const db = new Kysely<{ things: { id: number } }>({ dialect: new MysqlDialect({ pool }) })
    await sql`create table things (id int primary key)`.execute(db)
    await db.transaction().execute((trx) => trx.insertInto('things').values({ id: 1 }).execute())
    expect(await db.selectFrom('things').selectAll().execute()).toEqual([{ id: 1 }])
    expect(pool.limit.open).toBe(1)
  })

  it('replaces a connection that exceeded its idle time while timers were stopped', async () => {
    let now = 0
    const { take } = open({ clock: { now: () => now, sleep: () => new Promise(() => undefined) } })
    const first = await id(take)
    now += 60_000
    expect(await id(take)).toBe(first)
    now += 60_001
    expect(await id(take)).not.toBe(first)
    await expect.poll(() => sessions([first])).toBe(0)
  })

  it('closes an unused connection', async () => {
    const { pool, take } = open({ idleTimeoutMillis: 50 })
    const first = await id(take)
    await expect.poll(() => pool.limit.open).toBe(0)
    await expect.poll(() => sessions([first])).toBe(0)
  })

  it('replaces a connection after its uses and after its lifetime', async () => {
    let now = 0
    const clock = { now: () => now, sleep: () => new Promise<void>(() => undefined) }
    const { take } = open({ clock, maxUses: 2, maxLifetimeMillis: 1_000, random: () => 0 })
    const first = await id(take)
    expect(await id(take)).toBe(first)
    const second = await id(take)
    expect(second).not.toBe(first)
    now += 1_000
    expect(await id(take)).not.toBe(second)
  })

  it('replaces a connection that the server ended, before it is used', async () => {
    let now = 0
    const { take } = open({ clock: { now: () => now, sleep: () => new Promise(() => undefined) } })
    const first = await id(take)
    await executeMysql(url, `kill ${first}`)
    now += 100
    expect(await id(take)).not.toBe(first)
  })

  it('closes a connection that was in use for too long after its statement has ended', async () => {
    const { pool, take } = open({ longestUseMillis: 1_000, connectionTimeoutMillis: 4_000 })
    const stuck = await take()
    const lost = query(stuck, 'select sleep(2.5)').then(() => stuck.release())
    const start = performance.now()
    expect(await id(take)).not.toBe(stuck.threadId)
    expect(performance.now() - start).toBeGreaterThan(2_000)
    await lost
    expect(await sessions([stuck.threadId])).toBe(0)
    expect(pool.limit.open).toBe(1)
  })

  it('loses a session that is idle for wait_timeout, also inside a transaction', async () => {
    await executeMysql(
      url,
      'create table frozen (id int primary key, n int); insert into frozen values (1, 1)',
    )
    const { take } = open()
    const frozen = await take()
    await query(frozen, 'set session wait_timeout = 1')
    await query(frozen, 'begin')
    await query(frozen, 'update frozen set n = 2')
    expect(await sessions([frozen.threadId])).toBe(1)
    // It waits for the lock of the transaction, which ends with its session.
    expect(await executeMysql(url, 'update frozen set n = n + 10; select n from frozen')).toEqual([{ n: 11 }])
    expect(await sessions([frozen.threadId])).toBe(0)
    frozen.release()
  })

  it('has one session at the server with a share of 1, even if statements wait for a lock', async () => {
    await executeMysql(
      url,
      'create table locked (id int primary key, n int); insert into locked values (1, 1)',
    )
    const holder = connectMysql(url)
    onTestFinished(() => holder.destroy())
    await queryMysql(holder, 'begin; update locked set n = 2')
    const { pool, take } = open({ connectionTimeoutMillis: 500 })
    const ids = new Set<number>()
    for (let turn = 0; turn < 4; turn += 1) {
      const client = await take().catch(() => undefined)
      if (client === undefined) continue
      ids.add(client.threadId)
      const config = { sql: 'update locked set n = 3', timeout: 100 }
      await new Promise((resolve) => client.query(config as never, [], resolve))
      client.release()
      expect(await sessions([...ids])).toBe(1)
    }
    expect(pool.limit.open).toBe(1)
    await queryMysql(holder, 'commit')
    const [first] = ids
    await expect.poll(async () => id(take).catch(() => first)).not.toBe(first)
    expect(await sessions([...ids])).toBe(0)
  })

  it('never has more sockets than the shared limit of the pools', async () => {
    const limit = connectionLimit({ connections: 3 })
    const pools = [open({ limit }), open({ limit, connections: 2 })]
    let most = 0
    const ids = new Set<number>()
    await Promise.all(
      Array.from({ length: 60 }, async (_, turn) => {
        const client = await (pools[turn % 2] as (typeof pools)[0]).take()
        await query(client, 'do sleep(0.005)')
        most = Math.max(most, limit.open)
        ids.add(client.threadId)
        client.release()
      }),
    )
    expect(most).toBe(3)
    expect(await sessions([...ids])).toBeLessThanOrEqual(3)
  })

  it('closes all unused connections', async () => {
    const { pool, take } = open({ connections: 2 })
    const [one, two] = [await take(), await take()]
    one.release()
    await pool.closeUnused()
    expect(pool.limit.open).toBe(1)
    await expect.poll(() => sessions([one.threadId, two.threadId])).toBe(1)
    two.release()
    await pool.closeUnused()
    expect(pool.limit.open).toBe(0)
    await expect.poll(() => sessions([one.threadId, two.threadId])).toBe(0)
    expect(await id(take)).not.toBe(one.threadId)
  })

  it('warns once about a budget that exceeds the limits of the server', async () => {
    const lines: string[] = []
    const logger = { info: () => undefined, error: () => undefined, warn: (line: string) => lines.push(line) }
    const { take } = open({ budget: 1_000_000, logger, maxUses: 1 })
    await id(take)
    await id(take)
    expect(lines).toEqual([
      expect.stringMatching(
        /^The budget is 1000000 connections, but max_connections of the server allows \d+\.$/,
      ),
    ])
  })

  it('refuses unknown options', () => {
    for (const options of [{}, { createPool, connectionLimit: 5 }, { createPool, maxUses: 0 }]) {
      expect(() => mysqlPool(options as never)).toThrow(
        expect.objectContaining({ code: 'SPILLWAY_OPTION_INVALID' }),
      )
    }
  })
})
