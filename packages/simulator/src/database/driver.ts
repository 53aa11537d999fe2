import type { Clock } from '@spillway/message/internal'
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely'
import { inTime, received } from '../time/answer.ts'
import { createMutex } from './mutex.ts'
import type { DatabaseServer, Session } from './server.ts'
import { runStatement } from './statement.ts'

/**
 * How many milliseconds `postgresPool` waits for a connection, and after how many it replaces one that was not
 * released.
 */
const acquireTime = 5_000
const longestUse = 60_000

/**
 * Creates the driver of one environment: one connection, which it opens at the first use and again after an error that
 * ended the session.
 */
export function createDriver(server: DatabaseServer, clock: Clock): Driver & { end(): void } {
  let session: Session | undefined
  const mutex = createMutex<DatabaseConnection>({ clock, acquireTime, longestUse, onLost: forget })

  function forget(): void {
    session?.close()
    session = undefined
  }

  async function run(query: CompiledQuery): Promise<QueryResult<never>> {
    const own = session
    if (own === undefined) throw Object.assign(new Error('Connection terminated'), { code: 'ECONNRESET' })
    try {
      return { rows: (await received(runStatement(own, query), clock)) as never[] }
    } catch (error) {
      if (endsSession(error) && session === own) forget()
      throw error
    }
  }

  async function acquire(): Promise<DatabaseConnection> {
    if (!(await mutex.wait())) throw noConnection()
    const connection: DatabaseConnection = {
      executeQuery: (query) => run(query) as never,
      streamQuery: () => {
        throw new Error('the simulated database does not support streaming')
      },
    }
    mutex.lock(connection)
    try {
      session ??= await connect(server, clock)
    } catch (error) {
      mutex.unlock(connection)
      throw error
    }
    return connection
  }

  return {
    init: async () => undefined,
    acquireConnection: acquire,
    beginTransaction: async () => undefined,
    commitTransaction: async () => undefined,
    rollbackTransaction: async () => undefined,
    releaseConnection: async (connection) => mutex.unlock(connection),
    destroy: async () => forget(),
    end: forget,
  }
}

/** Opens a session, unless the server takes too long. */
async function connect(server: DatabaseServer, clock: Clock): Promise<Session> {
  const connecting = server.connect()
  const opened = await inTime(connecting, clock, acquireTime)
  if (opened !== undefined) return opened
  connecting.then(
    (late) => late.close(),
    () => undefined,
  )
  throw noConnection()
}

function noConnection(): Error {
  return new Error('timeout exceeded when trying to connect')
}

/** Whether an error has ended the session. */
function endsSession(error: unknown): boolean {
  const { code, severity } = Object(error) as { readonly code?: unknown; readonly severity?: unknown }
  return code === 'ECONNRESET' || severity === 'FATAL'
}
