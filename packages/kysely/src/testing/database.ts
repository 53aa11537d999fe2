import {
  type Postgres,
  type PostgresOptions,
  type Reaper,
  startPostgres,
  startReaper,
} from '@spillway/local/testing'
import type { MessageRecord, Outcome, TimeLimit, Writer } from '@spillway/message'
import { Kysely, PostgresDialect } from 'kysely'
import { Client } from 'pg'
import { onTestFinished } from 'vitest'
import { endPools, keepPools, openTestPool } from './spare-pools.ts'

/** A Postgres, and the function that returns it. */
export type TestDatabase = Postgres & AsyncDisposable

/**
 * A Postgres with an empty database. Without options it is the server that the test files of this process share. With
 * options, `{}` for example, it is a new server, which the caller may crash, restart and change.
 */
export async function startDatabase(options?: Partial<PostgresOptions>): Promise<TestDatabase> {
  return options === undefined ? leaseShared() : startUnshared(options)
}

/** The reaper of all servers of this process. It ends with the process. */
let reaper: Promise<Reaper> | undefined

async function startOwn(options: Partial<PostgresOptions>): Promise<TestDatabase> {
  reaper ??= startReaper()
  const postgres = await startPostgres({
    maxConnections: 20,
    reserved: 3,
    databaseName: 'test',
    reaper: await reaper,
    ...options,
    // A killed server loses nothing without these; only a crashed machine would.
    settings: { fsync: 'off', full_page_writes: 'off', ...options.settings },
  })
  return {
    ...postgres,
    [Symbol.asyncDispose]: postgres.stop,
  }
}

/** The server that the test files of this process use one after the other. The reaper ends it with the process. */
let shared: Promise<TestDatabase> | undefined
let isLeased = false

async function leaseShared(): Promise<TestDatabase> {
  if (isLeased) return startUnshared({})
  isLeased = true
  shared ??= startOwn({})
  const database = await shared
  if (!kept.has(database.url)) kept.set(database.url, undefined)
  keepPools(database.url)
  return {
    ...database,
    async [Symbol.asyncDispose]() {
      await endPools(database.url)
      await empty(database)
      isLeased = false
    },
  }
}

/** A server that the caller may crash and restart. The kept connection ends before. */
async function startUnshared(options: Partial<PostgresOptions>): Promise<TestDatabase> {
  const database = await startOwn(options)
  const { url } = database
  kept.set(url, undefined)
  async function disconnect(): Promise<void> {
    const client = kept.get(url)
    kept.set(url, undefined)
    await client?.end()
  }
  async function stop(): Promise<void> {
    await disconnect()
    kept.delete(url)
    await database.stop()
  }
  return {
    ...database,
    async crash() {
      await disconnect()
      await database.crash()
    },
    async restart(mode) {
      await disconnect()
      await database.restart(mode)
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

const others = `pg_stat_activity where pid <> pg_backend_pid() and usename in ('app', 'spillway')`

/** Ends all other sessions and drops all objects of the owner. The functions' role gets its rights again. */
async function empty({ url, resetPeak }: Postgres): Promise<void> {
  // `end` of a pool does not wait for its sessions. A client whose session is terminated while it ends throws an error
  // that nothing can catch.
  await execute(
    url,
    `do $$ begin
       for attempt in 1..100 loop
         exit when not exists (select from ${others});
         perform pg_sleep(0.01);
         perform pg_stat_clear_snapshot();
       end loop;
     end $$`,
  )
  await execute(url, `select pg_terminate_backend(pid, 5000) from ${others}`)
  await execute(url, 'drop owned by spillway cascade')
  await execute(
    url,
    `grant usage on schema public to app;
     alter default privileges grant all on tables to app;
     alter default privileges grant all on sequences to app;
     alter default privileges grant usage on schemas to app`,
  )
  resetPeak()
}

/** The idle connection to each database. A new connection costs the server more than most statements. */
const kept = new Map<string, Client | undefined>()
/** Statements that change the state of their session. */
const changesSession = /(?:^|;)\s*(?:set|begin|listen|prepare|declare)\b|\btemp\b|set_config|advisory_lock/i

/** Runs statements in one transaction. Their settings and locks end with them. */
export async function execute(url: string, text: string): Promise<Record<string, unknown>[]> {
  const isKept = kept.has(url) && !changesSession.test(text)
  const client = isKept ? await takeKept(url) : await connect(url)
  try {
    const { rows } = await client.query(text)
    if (isKept && kept.get(url) === undefined) kept.set(url, client)
    else await client.end()
    return rows
  } catch (error) {
    await client.end()
    throw error
  }
}

async function takeKept(url: string): Promise<Client> {
  const idle = kept.get(url)
  if (idle !== undefined) {
    kept.set(url, undefined)
    return idle
  }
  const client = await connect(url)
  client.once('end', () => {
    if (kept.get(url) === client) kept.set(url, undefined)
  })
  return client
}

/** Empties tables, and first waits for transactions on them, which could commit rows later. */
export async function clear(url: string, tables: readonly string[], then = ''): Promise<void> {
  const deletes = tables.map((table) => `delete from ${table}`).join(';')
  await execute(url, `lock table ${tables.join()} in access exclusive mode; ${deletes}; ${then}`)
}

/** A connection that survives its server. */
export async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** A Kysely with a pool of its own, its inserts, and all of its statements. Closed after the test. */
export function openKysely<DB>(
  url: string,
  connections = 1,
): { db: Kysely<DB>; inserts: string[]; statements: string[] } {
  const inserts: string[] = []
  const statements: string[] = []
  const { pool, sent } = openTestPool(url, connections)
  const db = new Kysely<DB>({
    dialect: new PostgresDialect({ pool }),
    log: ({ query }) => {
      statements.push(query.sql)
      sent(query.sql)
      // A statement after its limits still counts as an insert.
      const [insert] = /(?<=^|; )insert[^;]*/.exec(query.sql) ?? []
      if (insert !== undefined) inserts.push(insert)
    },
  })
  onTestFinished(() => db.destroy())
  return { db, inserts, statements }
}

/** A record in the form that `batch` passes to a writer. */
export function record<Body>(body: Body, facts: Partial<MessageRecord<Body>> = {}): MessageRecord<Body> {
  return {
    name: 'test',
    version: 1,
    key: 'key',
    time: new Date(0),
    receiveCount: 1,
    lane: 'lane',
    body,
    ...facts,
  }
}

/** A deadline in this many milliseconds. */
export function timeLimit(ms = 20_000, signal: AbortSignal = new AbortController().signal): TimeLimit {
  const end = performance.now() + ms
  return { signal, remainingTime: () => end - performance.now() }
}

/** The outcomes of records: the code and reason of parked ones, the kind of the others. */
export function reasons(outcomes: readonly Outcome[]): string[] {
  return outcomes.map((outcome) =>
    outcome.kind === 'park' ? `${outcome.reason.code} ${outcome.reason.detail}` : outcome.kind,
  )
}

/** Writes bodies in one batch, and returns the outcome of each. */
export function sendTo<Body>(write: Writer<Body>): (...bodies: Body[]) => Promise<string[]> {
  return async (...bodies) => {
    const records = bodies.map((body) => record(body))
    return reasons(await write(records, timeLimit()))
  }
}
