import type { Clock } from '@spillway/message/internal'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely'
import type { DatabaseServer, Session, StatementLimits } from './server.ts'

/** The tables of simulated databases. */
export interface Database {
  rows: { id: string; sent_at: Date }
}

/** The table for a breaker's check that writes a row. */
export const checkTable = 'breaker_check'

/** The column types are given to the writer, so that it does not read the catalogue. */
export const columnTypes = { id: 'text', sent_at: 'timestamptz' } as const

/**
 * How many milliseconds `postgresPool` waits for a connection, and after how many it replaces one that was not
 * released.
 */
const acquireTime = 5_000
const longestUse = 60_000

const unlimited: StatementLimits = {
  statementTimeout: Number.POSITIVE_INFINITY,
  lockTimeout: Number.POSITIVE_INFINITY,
}

/**
 * Creates the Kysely of one environment for a simulated server. It has one connection, as `postgresPool` with a share
 * of one: it connects at the first use, and again after an error that ended the session.
 *
 * @param clock the clock of the environment; it receives no response while it is frozen
 */
export function createKysely(
  server: DatabaseServer,
  clock: Clock,
  onEnd: (run: () => void) => void,
): Kysely<Database> {
  const driver = createDriver(server, clock)
  onEnd(driver.end)
  return new Kysely<Database>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => driver,
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })
}

interface Held extends DatabaseConnection {
  readonly since: number
}

function createDriver(server: DatabaseServer, clock: Clock): Driver & { end(): void } {
  let session: Session | undefined
  let held: Held | undefined
  const queue: (() => void)[] = []

  function forget(): void {
    session?.close()
    session = undefined
  }

  /** Waits for the connection; resolves with whether it became free in time. */
  function turn(): Promise<boolean> {
    if (held !== undefined && clock.now() - held.since > longestUse) {
      forget()
      held = undefined
    }
    if (held === undefined) return Promise.resolve(true)
    return new Promise((resolve) => {
      const come = () => {
        cancel?.()
        resolve(true)
      }
      const cancel = clock.schedule?.(() => {
        queue.splice(queue.indexOf(come), 1)
        resolve(false)
      }, acquireTime)
      queue.push(come)
    })
  }

  async function connect(): Promise<Session> {
    const connecting = server.connect()
    const opened = await inTime(connecting, clock, acquireTime)
    if (opened !== undefined) return opened
    connecting.then(
      (late) => late.close(),
      () => undefined,
    )
    throw noConnection()
  }

  async function run(query: CompiledQuery): Promise<QueryResult<never>> {
    const own = session
    if (own === undefined) throw Object.assign(new Error('Connection terminated'), { code: 'ECONNRESET' })
    try {
      return { rows: (await received(perform(own, query), clock)) as never[] }
    } catch (error) {
      if (endsSession(error) && session === own) forget()
      throw error
    }
  }

  return {
    init: async () => undefined,
    async acquireConnection() {
      if (!(await turn())) throw noConnection()
      const connection: Held = {
        since: clock.now(),
        executeQuery: (query) => run(query) as never,
        streamQuery: () => {
          throw new Error('the simulated database streams nothing')
        },
      }
      held = connection
      try {
        session ??= await connect()
      } catch (error) {
        release(connection)
        throw error
      }
      return connection
    },
    beginTransaction: async () => undefined,
    commitTransaction: async () => undefined,
    rollbackTransaction: async () => undefined,
    releaseConnection: async (connection) => release(connection),
    destroy: async () => forget(),
    end: forget,
  }

  function release(connection: DatabaseConnection): void {
    if (held !== connection) return
    held = undefined
    queue.shift()?.()
  }
}

function noConnection(): Error {
  return new Error('timeout exceeded when trying to connect')
}

/** Whether an error has ended the session. */
function endsSession(error: unknown): boolean {
  const { code, severity } = Object(error) as { readonly code?: unknown; readonly severity?: unknown }
  return code === 'ECONNRESET' || severity === 'FATAL'
}

/** The time limits that `postgresPool` sets in the text of a transaction. */
const setting = /set local (statement_timeout|lock_timeout) = (\d+)/g

async function perform(session: Session, { sql, parameters }: CompiledQuery): Promise<readonly object[]> {
  if (!sql.includes('insert into')) return answerTo(sql, await session.ask())
  const limits = { ...unlimited }
  for (const [, name, value] of sql.matchAll(setting)) {
    limits[name === 'lock_timeout' ? 'lockTimeout' : 'statementTimeout'] = Number(value)
  }
  // The check that writes has a table of its own. It fails like other writes, and its row is not counted as a message.
  await session.insert(sql.includes(checkTable) ? [] : keysOf(parameters[0]), limits)
  return []
}

/** The rows of a statement that does not write. */
function answerTo(sql: string, { isReadOnly }: { readonly isReadOnly: boolean }): readonly object[] {
  // This answer to the probe of the writer says that the driver is not node-postgres.
  if (sql.includes('as "binary"')) return [{ binary: null }]
  if (!sql.includes('transaction_read_only')) return []
  return [{ read_only: isReadOnly ? 'on' : 'off', in_recovery: false }]
}

/** Parses a Postgres array of texts without quotes. */
function keysOf(array: unknown): readonly string[] {
  return String(array).slice(2, -2).split('","')
}

/** Delays a response until the environment is not frozen; it never arrives after the environment has ended. */
function received<Value>(answer: Promise<Value>, clock: Clock): Promise<Value> {
  return new Promise((resolve, reject) => {
    answer.then(
      (value) => void clock.schedule?.(() => resolve(value), 0),
      (error: unknown) => void clock.schedule?.(() => reject(error), 0),
    )
  })
}

async function inTime<Value>(work: Promise<Value>, clock: Clock, ms: number): Promise<Value | undefined> {
  const answered = new AbortController()
  try {
    return await Promise.race([received(work, clock), clock.sleep(ms, answered.signal).then(() => undefined)])
  } finally {
    answered.abort()
  }
}
