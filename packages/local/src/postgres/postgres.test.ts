import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { childrenOf, isAlive } from '../reaper/process-table.ts'
import { type Reaper, startReaper } from '../reaper/reaper.ts'
import { childScript, firstLine } from '../reaper/testing/child-script.ts'
import { freePort } from './free-port.ts'
import { type Postgres, type PostgresOptions, startPostgres } from './postgres.ts'

let reaper: Reaper
let folder: string
/** The server of all tests that do not need their own. It allows functions to be idle for a while. */
let shared: Postgres
let sharedFolder: string
beforeAll(async () => {
  reaper = await startReaper()
  folder = await mkdtemp(join(tmpdir(), 'spillway-test-'))
  reaper.removeOnExit(folder)
  // The server's user must be able to enter it. A separate temporary folder shows which files a server leaves behind.
  await chmod(folder, 0o755)
  vi.stubEnv('TMPDIR', folder)
  shared = await startPostgres(options({ functions: { idleSessionTimeout: 60 } }))
  sharedFolder = dataFolders()[0] ?? ''
})
afterAll(async () => {
  await shared.stop()
  await reaper.stop()
})

/** Waits until the shared server has no session of the functions, and resets its counts. */
async function idle(): Promise<Postgres> {
  await query(shared.url, "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'")
  await vi.waitFor(() => expect(shared.connections()).toBe(0), until)
  shared.resetPeak()
  return shared
}

function options(more: Partial<PostgresOptions> = {}): PostgresOptions {
  return { maxConnections: 20, reserved: 4, databaseName: 'orders', reaper, ...more }
}

async function start(more: Partial<PostgresOptions> = {}): Promise<Postgres> {
  const postgres = await startPostgres(options(more))
  onTestFinished(() => postgres.stop())
  return postgres
}

async function connect(url: string): Promise<Client> {
  const client = new Client(url)
  client.on('error', () => undefined)
  await client.connect()
  return client
}

async function query(url: string, sql: string): Promise<unknown[][]> {
  const client = await connect(url)
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows
  } finally {
    await client.end()
  }
}

async function migrations(files: Record<string, string>): Promise<string> {
  const path = await mkdtemp(join(folder, 'migrations-'))
  for (const [name, sql] of Object.entries(files)) await writeFile(join(path, name), sql)
  return path
}

const until = { timeout: 20_000, interval: 20 }
const times = <T>(count: number, make: () => Promise<T>) =>
  Promise.all(Array.from({ length: count }, () => make()))
const failsWith = (code: string, message: unknown = expect.any(String)) =>
  expect.objectContaining({ name: 'SpillwayError', code, message })
const portOf = (postgres: Postgres) => Number(new URL(postgres.url).port)
const dataFolders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('spillway-postgres-data-'))
async function postmaster(dataFolder: string): Promise<number> {
  const lock = await readFile(join(tmpdir(), dataFolder, 'data', 'postmaster.pid'), 'utf8')
  return Number(lock.split('\n')[0])
}
describe('the budget', () => {
  it('rejects connections of the functions above their share, and still accepts the owner', async () => {
    const postgres = await idle()
    const refused = postgres.refusedConnections()
    const clients = await times(16, () => connect(postgres.functionsUrl))
    await expect(connect(postgres.functionsUrl)).rejects.toMatchObject({ code: '53300' })
    expect(await query(postgres.url, 'select 1')).toEqual([[1]])
    await vi.waitFor(() => expect(postgres.connections()).toBe(16), until)
    expect(postgres.peakConnections()).toBe(16)
    await times(5, () => expect(connect(postgres.functionsUrl)).rejects.toMatchObject({ code: '53300' }))
    await vi.waitFor(() => expect(postgres.refusedConnections()).toBe(refused + 6), until)
    await Promise.all(clients.map((client) => client.end()))
    await vi.waitFor(() => expect(postgres.connections()).toBe(0), until)
    expect(postgres.peakConnections()).toBe(16)
  })

  it.each([
    { reserved: 0, superuser: '0', others: '0', share: 6 },
    { reserved: 2, superuser: '2', others: '0', share: 4 },
    { reserved: 5, superuser: '3', others: '2', share: 1 },
  ])('reserves $reserved of 6', async ({ reserved, superuser, others, share }) => {
    const postgres = await start({ maxConnections: 6, reserved, functions: { idleSessionTimeout: 60 } })
    expect(await query(postgres.url, 'show superuser_reserved_connections')).toEqual([[superuser]])
    expect(await query(postgres.url, 'show reserved_connections')).toEqual([[others]])
    await vi.waitFor(async () => expect(await held(postgres)).toBe(0), until)
    const clients = await times(share, () => connect(postgres.functionsUrl))
    await expect(connect(postgres.functionsUrl)).rejects.toMatchObject({ code: '53300' })
    await Promise.all(clients.map((client) => client.end()))
  })
})

// The sessions of the server, without that of the query. The slot of a disconnected client becomes free a moment later.
async function held(postgres: Postgres): Promise<number> {
  const [[count] = []] = await query(
    postgres.url,
    "select count(*)::int - 1 from pg_stat_activity where backend_type = 'client backend'",
  )
  return Number(count)
}

it('counts only the sessions of the functions', async () => {
  const postgres = await idle()
  const clients = await times(5, () => connect(postgres.functionsUrl))
  const people = await times(2, () => connect(postgres.url))
  await vi.waitFor(() => expect(postgres.connections()).toBe(5), until)
  await Promise.all(clients.splice(0, 3).map((client) => client.end()))
  await vi.waitFor(() => expect(postgres.connections()).toBe(2), until)
  expect(postgres.peakConnections()).toBe(5)
  postgres.resetPeak()
  expect(postgres.peakConnections()).toBe(2)
  await Promise.all([...people, ...clients].map((client) => client.end()))
})

it('counts a session as ended when its client is killed, and when the server ends it', async () => {
  const postgres = await idle()
  const driver = import.meta.resolve('pg')
  const child = childScript(`
    import pg from ${JSON.stringify(driver)}
    await new pg.Client(${JSON.stringify(postgres.functionsUrl)}).connect()
    console.log('connected')
  `)
  await firstLine(child)
  await vi.waitFor(() => expect(postgres.connections()).toBe(1), until)
  child.kill('SIGKILL')
  await vi.waitFor(() => expect(postgres.connections()).toBe(0), until)

  await connect(postgres.functionsUrl)
  await vi.waitFor(() => expect(postgres.connections()).toBe(1), until)
  await query(postgres.url, "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'")
  await vi.waitFor(() => expect(postgres.connections()).toBe(0), until)
})

it('counts no session when one backend is killed and the server restarts all of them', async () => {
  const postgres = await idle()
  const clients = await times(3, () => connect(postgres.functionsUrl))
  await vi.waitFor(() => expect(postgres.connections()).toBe(3), until)
  const pid = (await clients[0]?.query('select pg_backend_pid() as pid'))?.rows[0].pid
  process.kill(pid, 'SIGKILL')
  await vi.waitFor(() => expect(postgres.connections()).toBe(0), until)
  await vi.waitFor(async () => expect(await query(postgres.url, 'select 1')).toEqual([[1]]), until)
})

describe('migrations', () => {
  let migrated: Postgres
  beforeAll(async () => {
    const path = await migrations({
      '002-rows.sql': "insert into orders (customer) values ('first');",
      '001-tables.sql':
        'create table orders (id bigserial primary key, customer text not null);\ncreate index on orders (customer);',
      'README.md': 'not sql',
    })
    migrated = await startPostgres(options({ migrations: path }))
    return () => migrated.stop()
  })

  it('run in the order of their names as the owner, and the functions may write to the tables', async () => {
    const postgres = migrated
    expect(await query(postgres.url, "select tableowner from pg_tables where tablename = 'orders'")).toEqual([
      ['spillway'],
    ])
    await query(postgres.functionsUrl, "insert into orders (customer) values ('second')")
    expect(await query(postgres.functionsUrl, 'select id, customer from orders order by id')).toEqual([
      ['1', 'first'],
      ['2', 'second'],
    ])
    await query(postgres.url, 'create table later (id serial primary key, n int)')
    await query(postgres.functionsUrl, 'insert into later (n) values (7)')
    expect(await query(postgres.functionsUrl, 'update later set n = n + 1 returning id, n')).toEqual([[1, 8]])
  })

  it('give the functions no further rights', async () => {
    const postgres = await idle()
    await expect(query(postgres.functionsUrl, 'create table mine (n int)')).rejects.toMatchObject({
      code: '42501',
    })
    const roles = await query(postgres.url, 'select rolname from pg_roles where rolsuper')
    expect(roles).toEqual([['postgres']])
    const superuser = postgres.url.replace('spillway:spillway', 'postgres:postgres')
    await expect(query(superuser, 'select 1')).rejects.toMatchObject({ code: '28P01' })
  })

  it('can change the limits of the functions, whose idle sessions and abandoned statements end', async () => {
    const postgres = migrated
    const settings = `select current_setting('idle_session_timeout'), current_setting('client_connection_check_interval')`
    expect(await query(postgres.functionsUrl, settings)).toEqual([['1s', '1s']])
    expect(await query(postgres.url, settings)).toEqual([['0', '0']])
    await query(
      postgres.url,
      `alter role app connection limit 1; alter role app set idle_session_timeout = '60s'`,
    )
    const only = await connect(postgres.functionsUrl)
    await expect(connect(postgres.functionsUrl)).rejects.toMatchObject({ code: '53300' })
    await only.end()
    await query(postgres.url, `alter role app set idle_session_timeout = '100ms'`)
    const idle = await vi.waitFor(() => connect(postgres.functionsUrl), until)
    await new Promise<void>((resolve) => idle.once('end', resolve))
    await vi.waitFor(() => expect(postgres.connections()).toBe(0), until)
    // On a busy machine more than 100 ms may pass between the connection and its query.
    await query(postgres.url, `alter role app set idle_session_timeout = '60s'`)
    expect(await query(postgres.functionsUrl, 'select 1')).toEqual([[1]])
    await expect(query(postgres.functionsUrl, 'alter role app connection limit 9')).rejects.toMatchObject({
      code: '42501',
    })
  })

  it('fail with the name of the file, and leave nothing behind', async () => {
    const before = dataFolders()
    const path = await migrations({
      '001.sql': 'create table a (n int)',
      '002.sql': 'create tabel b (n int)',
    })
    await expect(start({ migrations: path })).rejects.toEqual(
      failsWith('SPILLWAY_START_FAILED', expect.stringMatching(/002\.sql failed: syntax error at .*tabel/)),
    )
    await expect(start({ migrations: join(path, 'none') })).rejects.toEqual(
      failsWith('SPILLWAY_START_FAILED', expect.stringContaining(join(path, 'none'))),
    )
    expect(dataFolders()).toEqual(before)
  })
})

describe('crash and restart', () => {
  it('restarts by itself when another process kills it', async () => {
    const postgres = await idle()
    await query(postgres.url, 'create table kept as select 7 as n')
    const killed = await postmaster(sharedFolder)
    process.kill(killed, 'SIGKILL')
    await vi.waitFor(
      async () => {
        expect(await postmaster(sharedFolder)).not.toBe(killed)
        expect(await query(postgres.url, 'select n from kept')).toEqual([[7]])
      },
      { timeout: 20_000, interval: 50 },
    )
  })

  it('keeps committed rows through a crash', async () => {
    const postgres = await idle()
    await query(postgres.url, 'create table t (n int)')
    const client = await connect(postgres.functionsUrl)
    await client.query('insert into t select generate_series(1, 1000)')
    await client.query('begin; insert into t values (0)')
    const pid = (await client.query('select pg_backend_pid() as pid')).rows[0].pid
    await postgres.crash()
    expect(isAlive(pid)).toBe(false)
    expect(postgres.connections()).toBe(0)
    expect(postgres.peakConnections()).toBe(1)
    await expect(connect(postgres.functionsUrl)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await postgres.crash()
    await postgres.start()
    await postgres.start()
    expect(await query(postgres.functionsUrl, 'select count(*)::int, min(n) from t')).toEqual([[1000, 1]])
    const [[fsync] = []] = await query(postgres.url, 'show fsync')
    expect(fsync).toBe('on')
  })

  it.each(['fast', 'immediate'] as const)('restarts (%s) on the same port', async (mode) => {
    const postgres = await idle()
    await query(postgres.url, `create table of_${mode} as select 42 as n`)
    const before = await query(postgres.url, 'select pg_postmaster_start_time()::text')
    const client = await connect(postgres.functionsUrl)
    const ended = new Promise((resolve) => client.once('end', () => resolve(undefined)))
    await vi.waitFor(() => expect(postgres.connections()).toBe(1), until)
    await postgres.restart(mode)
    await ended
    expect(postgres.connections()).toBe(0)
    expect(await query(postgres.url, `select n from of_${mode}`)).toEqual([[42]])
    expect(await query(postgres.url, 'select pg_postmaster_start_time()::text')).not.toEqual(before)
  })

  it('runs concurrent calls one after the other', async () => {
    const postgres = await idle()
    await Promise.all([postgres.crash(), postgres.start(), postgres.crash(), postgres.restart('fast')])
    expect(await query(postgres.url, 'select 1')).toEqual([[1]])
  })
})

describe('stop', () => {
  it.each(['running', 'crashed'])('leaves no process and no folder of a %s server behind', async (state) => {
    const before = dataFolders()
    const postgres = await start()
    const made = dataFolders().filter((name) => !before.includes(name))
    expect(made).toHaveLength(1)
    const pid = await postmaster(made[0] ?? '')
    // The backend of the set-up may still be ending.
    const all = [pid, ...childrenOf(pid)].filter(isAlive)
    expect(all.length).toBeGreaterThan(4)
    if (state === 'crashed') await postgres.crash()
    await Promise.all([postgres.stop(), postgres.stop()])
    expect(all.filter(isAlive)).toEqual([])
    expect(dataFolders()).toEqual(before)
    await expect(connect(postgres.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await expect(postgres.start()).rejects.toEqual(failsWith('SPILLWAY_START_FAILED'))
  })
})

it('runs two servers at the same time, from copies of one data folder, whose superuser nobody can log in as', async () => {
  const templates = readdirSync(folder).filter((name) => name.includes('template'))
  expect(templates).toHaveLength(1)
  const two = await start({ databaseName: 'Über "x"' })
  for (const { url } of [await idle(), two]) {
    const address = new URL(url)
    address.username = 'postgres'
    for (const password of ['postgres', 'spillway']) {
      address.password = password
      await expect(connect(address.href)).rejects.toMatchObject({ code: '28P01' })
    }
  }
  await expectIndependence(shared, two)
})

async function expectIndependence(one: Postgres, two: Postgres): Promise<void> {
  await query(one.url, 'create table only_here (n int)')
  await expect(query(two.url, 'select * from only_here')).rejects.toMatchObject({ code: '42P01' })
  expect(await query(two.functionsUrl, 'select current_database()')).toEqual([['Über "x"']])
  const client = await connect(one.functionsUrl)
  await vi.waitFor(() => expect([one.connections(), two.connections()]).toEqual([1, 0]), until)
  await client.end()
}

it('listens on the requested port, applies settings, and rejects those that it sets itself', async () => {
  const port = await freePort()
  const postgres = await start({ port, settings: { commit_delay: 250, application_name: "it's \\ here" } })
  expect(portOf(postgres)).toBe(port)
  expect(await query(postgres.url, 'show commit_delay')).toEqual([['250']])
  for (const settings of [
    { max_connections: 5 },
    { port: 1 },
    { 'a b': 1 },
    { work_mem: '4MB\nfsync = off' },
  ]) {
    await expect(start({ settings })).rejects.toEqual(failsWith('SPILLWAY_OPTION_INVALID'))
  }
  await expect(start({ settings: { work_mem: 'plenty' } })).rejects.toEqual(
    failsWith('SPILLWAY_START_FAILED', expect.stringMatching(/invalid value for parameter "work_mem"/)),
  )
})

it('reports that its port is in use', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void other.close())
  await once(other, 'listening')
  const address = other.address()
  const port = typeof address === 'object' ? address?.port : undefined
  await expect(start({ port })).rejects.toEqual(
    failsWith('SPILLWAY_PORT_IN_USE', expect.stringContaining(`127.0.0.1:${port}`)),
  )
})

it('ends when its Node process is killed with -9', async () => {
  const before = readdirSync(folder)
  const child = childScript(`
    import { startReaper } from ${JSON.stringify(new URL('../reaper/reaper.ts', import.meta.url).href)}
    import { startPostgres } from ${JSON.stringify(new URL('./postgres.ts', import.meta.url).href)}
    const reaper = await startReaper()
    const { url } = await startPostgres({ maxConnections: 10, reserved: 3, databaseName: 'orders', reaper })
    console.log(url)
  `)
  const url = await firstLine(child)
  const client = await connect(url)
  const pid = (await client.query('select pg_backend_pid() as pid')).rows[0].pid
  const made = () => readdirSync(folder).filter((name) => !before.includes(name))
  expect([isAlive(pid), made().length]).toEqual([true, 1])
  child.kill('SIGKILL')
  await vi.waitFor(() => expect([isAlive(pid), made()]).toEqual([false, []]), until)
  await expect(connect(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

it('needs no options, and ends with its process even if the caller passes no reaper', async () => {
  const before = readdirSync(folder)
  const child = childScript(`
    import { startPostgres } from ${JSON.stringify(new URL('./postgres.ts', import.meta.url).href)}
    console.log((await startPostgres()).url)
  `)
  const url = await firstLine(child)
  expect(await query(url, 'show max_connections')).toEqual([['20']])
  expect(new URL(url).pathname).toBe('/app')
  const made = () => readdirSync(folder).filter((name) => !before.includes(name))
  child.kill('SIGKILL')
  await vi.waitFor(() => expect(made()).toEqual([]), until)
  await expect(connect(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})
