import type { MessageRecord } from '@spillway/message'
import { Kysely, MysqlDialect, PostgresDialect } from 'kysely'
import { createPool } from 'mysql2'
import { Pool } from 'pg'
import { closeAfterInvocation, connectionLimit, kyselyWriter, mysqlPool, postgresPool } from '../index.ts'
import type { EnvironmentAnswer, EnvironmentOrder } from './environments.ts'

// An execution environment: a process with its own pool and writer, which serves one invocation at a time. An
// invocation writes as many batches concurrently as the environment has connections.

interface Database {
  entries: { id: string; environment: number }
}

const { DATABASE_URL: connectionString } = process.env
const limit = connectionLimit()
const { pool, dialect } = open()
let failures = 0
const db = new Kysely<Database>({
  dialect,
  log: ({ level }) => {
    if (level === 'error') failures += 1
  },
})
const write = kyselyWriter({
  db,
  insertInto: 'entries',
  row: ({ key }: MessageRecord<undefined>) => ({ id: key, environment: process.pid }),
  conflict: 'id',
})
const middlewares = {
  closed: closeAfterInvocation(pool),
  adaptive: closeAfterInvocation(pool, { keepWithinMillis: 100 }),
}

function open() {
  if (connectionString?.startsWith('mysql:')) {
    const pool = mysqlPool({ createPool, limit, uri: connectionString })
    return { pool, dialect: new MysqlDialect({ pool }) }
  }
  const pool = postgresPool({ Pool, limit, connectionString })
  return { pool, dialect: new PostgresDialect({ pool }) }
}

const record = (key: string): MessageRecord<undefined> => ({
  name: 'entry',
  version: 1,
  key,
  time: new Date(),
  receiveCount: 1,
  lane: key,
  body: undefined,
})

async function invoke({ batches, ms, connections }: EnvironmentOrder): Promise<EnvironmentAnswer> {
  const middleware = connections === 'kept' ? undefined : middlewares[connections]
  middleware?.before()
  const start = performance.now()
  const end = start + ms
  const time = { signal: AbortSignal.timeout(ms), remainingTime: () => end - performance.now() }
  const done: string[] = []
  await Promise.all(
    batches.map(async (keys) => {
      const outcomes = await write(keys.map(record), time)
      for (const [index, { kind }] of outcomes.entries()) if (kind === 'done') done.push(keys[index] ?? '')
    }),
  )
  await middleware?.after()
  return { done, open: limit.open, failures, ms: performance.now() - start }
}

// A process that has something to finish before it ends.
if (process.env.OWN_EXIT_CODE !== undefined) {
  process.on('SIGTERM', () => setTimeout(() => process.exit(Number(process.env.OWN_EXIT_CODE)), 300))
}
process.on('message', async (order: EnvironmentOrder) => process.send?.(await invoke(order)))
process.send?.('ready')
