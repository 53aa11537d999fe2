import { randomUUID } from 'node:crypto'
import { Pool } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { execute, startDatabase } from '../testing/database.ts'
import { bundleEnvironment, startTestEnvironment } from '../testing/environments.ts'

let database: Awaited<ReturnType<typeof startDatabase>>
let bundle: Awaited<ReturnType<typeof bundleEnvironment>>
beforeAll(async () => {
  ;[database, bundle] = await Promise.all([startDatabase({}), bundleEnvironment()])
  await execute(database.url, 'create table entries (id uuid primary key, environment int not null)')
})
beforeEach(() => execute(database.url, 'truncate entries'))
afterAll(async () => {
  await database[Symbol.asyncDispose]()
  await bundle[Symbol.asyncDispose]()
})

async function start(variables?: Record<string, string>) {
  const environment = await startTestEnvironment(bundle.file, database.functionsUrl, 1, variables)
  return {
    environment,
    write() {
      const keys = [randomUUID(), randomUUID()]
      return environment.invoke({ batches: [keys], ms: 20_000, connections: 'kept' })
    },
    async stop() {
      environment.kill()
      await environment.gone
    },
  }
}
const sessions = async () =>
  Number(
    (await execute(database.url, "select count(*) from pg_stat_activity where usename = 'app'"))[0]?.count,
  )
const rows = async () => Number((await execute(database.url, 'select count(*) from entries'))[0]?.count)

describe('a frozen environment', () => {
  let write: Awaited<ReturnType<typeof start>>['write']
  beforeAll(async () => {
    const started = await start()
    write = started.write
    return started.stop
  })

  it('detects, before it uses the connection, that its session was ended', async () => {
    expect(await write()).toMatchObject({ done: { length: 2 }, open: 1, failures: 0 })
    await execute(
      database.url,
      "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'",
    )
    await expect.poll(sessions).toBe(0)
    expect(await write()).toMatchObject({ done: { length: 2 }, open: 1, failures: 0 })
    expect(await rows()).toBe(4)
  })

  it.each(['fast', 'immediate'] as const)('detects that its server was restarted (%s)', async (mode) => {
    expect(await write()).toMatchObject({ done: { length: 2 }, failures: 0 })
    await database.restart(mode)
    expect(await write()).toMatchObject({ done: { length: 2 }, open: 1, failures: 0 })
    expect(await rows()).toBe(4)
  })

  it('detects that its server was killed and started again', async () => {
    expect(await write()).toMatchObject({ done: { length: 2 }, failures: 0 })
    await database.crash()
    await database.start()
    expect(await write()).toMatchObject({ done: { length: 2 }, open: 1, failures: 0 })
    expect(await rows()).toBe(4)
  })
})

describe('an environment that gets SIGTERM', () => {
  it('ends its sessions at the server, and exits by the default action of the signal', async () => {
    const { environment, write, stop } = await start()
    onTestFinished(stop)
    await write()
    expect(await sessions()).toBe(1)
    environment.kill('SIGTERM')
    environment.thaw()
    expect(await environment.gone).toEqual([null, 'SIGTERM'])
    await expect.poll(sessions).toBe(0)
  })

  it('closes its connections, and leaves the exit to its own listener', async () => {
    const { environment, write, stop } = await start({ OWN_EXIT_CODE: '7' })
    onTestFinished(stop)
    await write()
    environment.kill('SIGTERM')
    environment.thaw()
    await expect.poll(sessions, { interval: 10 }).toBe(0)
    expect(await environment.gone).toEqual([7, null])
  })

  it('has one listener for all of its pools, and none after their end', async () => {
    // Pools of other test files in this process have a listener of their own.
    vi.resetModules()
    const { postgresPool } = await import('../index.ts')
    const before = process.listenerCount('SIGTERM')
    const pools = Array.from({ length: 50 }, () => postgresPool({ Pool, connectionString: database.url }))
    expect(process.listenerCount('SIGTERM')).toBe(before + 1)
    await Promise.all(pools.map((pool) => pool.end()))
    expect(process.listenerCount('SIGTERM')).toBe(before)
  })
})
