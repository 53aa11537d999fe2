import { type Postgres, type PostgresOptions, startPostgres, startReaper } from '@spillway/local/testing'
import type { MessageRecord, Outcome, TimeLimit, Writer } from '@spillway/message'
import { Kysely, PostgresDialect } from 'kysely'
import { Client, Pool } from 'pg'
import { onTestFinished } from 'vitest'
import { connectionLimit } from '../connections/connection-limit.ts'
import { postgresPool } from '../dialects/postgres/postgres-pool.ts'

/** A new Postgres, and the function that stops it. */
export async function startDatabase(
  options: Partial<PostgresOptions> = {},
): Promise<Postgres & AsyncDisposable> {
  const reaper = await startReaper()
  const postgres = await startPostgres({
    maxConnections: 20,
    reserved: 3,
    databaseName: 'test',
    reaper,
    ...options,
  })
  return {
    ...postgres,
    async [Symbol.asyncDispose]() {
      await postgres.stop()
      await reaper.stop()
    },
  }
}

/** Runs statements on a new connection. */
export async function execute(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = await connect(url)
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

/** A connection that survives its server. */
export async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** A Kysely over a new pool, the inserts that it ran, and all statements that it ran. */
export function openKysely<DB>(
  url: string,
  connections = 1,
): { db: Kysely<DB>; inserts: string[]; statements: string[] } {
  const inserts: string[] = []
  const statements: string[] = []
  const db = new Kysely<DB>({
    dialect: new PostgresDialect({
      // Its own limit, because it stands for an environment.
      pool: postgresPool({ Pool, connectionString: url, limit: connectionLimit({ connections }) }),
    }),
    log: ({ query }) => {
      statements.push(query.sql)
      // One that has its limits before it is still one.
      const [insert] = /(?<=^|; )insert[^;]*/.exec(query.sql) ?? []
      if (insert !== undefined) inserts.push(insert)
    },
  })
  onTestFinished(() => db.destroy())
  return { db, inserts, statements }
}

/** A record as the batch core gives it. */
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
