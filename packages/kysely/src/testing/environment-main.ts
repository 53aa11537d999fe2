import type { MessageRecord } from '@spillway/message'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { closeAfterInvocation, connectionLimit, kyselyWriter, postgresPool } from '../index.ts'
import type { EnvironmentAnswer, EnvironmentOrder } from './environments.ts'

// An execution environment: a process with a pool and a writer of its own, which serves one invocation at a time. As
// many batches of an invocation are written side by side as the environment has connections.

interface Database {
  entries: { id: string; environment: number }
}

const { DATABASE_URL: connectionString } = process.env
const pool = postgresPool({ Pool, limit: connectionLimit(), connectionString })
let failures = 0
const db = new Kysely<Database>({
  dialect: new PostgresDialect({ pool }),
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
const { after } = closeAfterInvocation(pool)

const record = (key: string): MessageRecord<undefined> => ({
  name: 'entry',
  version: 1,
  key,
  time: new Date(),
  receiveCount: 1,
  lane: key,
  body: undefined,
})

async function invoke({ batches, ms, closes }: EnvironmentOrder): Promise<EnvironmentAnswer> {
  const start = performance.now()
  const end = start + ms
  const limit = { signal: AbortSignal.timeout(ms), remainingTime: () => end - performance.now() }
  const done: string[] = []
  await Promise.all(
    batches.map(async (keys) => {
      const outcomes = await write(keys.map(record), limit)
      for (const [index, { kind }] of outcomes.entries()) if (kind === 'done') done.push(keys[index] ?? '')
    }),
  )
  if (closes) await after()
  return { done, open: pool.limit.open, failures, ms: performance.now() - start }
}

// A process that has something to finish before it ends.
if (process.env.OWN_EXIT_CODE !== undefined) {
  process.on('SIGTERM', () => setTimeout(() => process.exit(Number(process.env.OWN_EXIT_CODE)), 300))
}
process.on('message', async (order: EnvironmentOrder) => process.send?.(await invoke(order)))
process.send?.('ready')
