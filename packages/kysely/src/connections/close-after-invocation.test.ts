import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { closeAfterInvocation, connectionLimit, postgresPool } from '../index.ts'
import { startDatabase } from '../testing/database.ts'

let database: Awaited<ReturnType<typeof startDatabase>>
beforeAll(async () => {
  database = await startDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

/** Invokes an environment, this many milliseconds after the end of the previous invocation. */
function environment(keepWithinMillis?: number) {
  let now = 0
  const clock = { now: () => now, sleep: () => new Promise<void>(() => undefined) }
  const pool = postgresPool({ Pool, connectionString: database.url, limit: connectionLimit() })
  onTestFinished(() => pool.end())
  const middleware = closeAfterInvocation(pool, { clock, ...(keepWithinMillis && { keepWithinMillis }) })
  return async function invoke(pause: number, end: 'after' | 'onError' = 'after'): Promise<number> {
    now += pause
    middleware.before()
    const client = await pool.connect()
    now += 150
    client.release()
    await middleware[end]()
    return pool.limit.open
  }
}

describe('closeAfterInvocation', () => {
  it('leaves no connection open after a successful or failed invocation, however short the pause', async () => {
    const invoke = environment()
    for (const end of ['after', 'onError', 'after', 'after'] as const) expect(await invoke(0, end)).toBe(0)
  })

  it('keeps the connection of a new environment after its first short pause', async () => {
    const invoke = environment(100)
    expect(await invoke(0)).toBe(0)
    expect(await invoke(100)).toBe(1)
    expect(await invoke(0, 'onError')).toBe(1)
  })

  it('closes it after a longer pause, and keeps the next one after three short pauses', async () => {
    const invoke = environment(100)
    for (const open of [0, 1, 1]) expect(await invoke(5)).toBe(open)
    expect(await invoke(101)).toBe(0)
    for (const open of [0, 0, 1, 1]) expect(await invoke(100)).toBe(open)
  })

  it('keeps no connection of a new environment whose first pause is long', async () => {
    const invoke = environment(100)
    for (const pause of [0, 101, 100, 100]) expect(await invoke(pause)).toBe(0)
    expect(await invoke(100)).toBe(1)
  })

  it('closes the connections of several pools', async () => {
    const pools = [1, 2].map(() =>
      postgresPool({ Pool, connectionString: database.url, limit: connectionLimit() }),
    )
    onTestFinished(async () => void (await Promise.all(pools.map((pool) => pool.end()))))
    for (const pool of pools) (await pool.connect()).release()
    expect(pools.map((pool) => pool.limit.open)).toEqual([1, 1])
    await closeAfterInvocation(pools).after()
    expect(pools.map((pool) => pool.limit.open)).toEqual([0, 0])
  })

  it('names an unknown option', () => {
    expect(() => closeAfterInvocation([], { keepWithin: 100 } as object)).toThrow(
      expect.objectContaining({
        code: 'SPILLWAY_OPTION_INVALID',
        message: expect.stringContaining('keepWithinMillis'),
      }),
    )
  })
})
