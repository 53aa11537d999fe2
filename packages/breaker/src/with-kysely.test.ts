import { createServer } from 'node:net'
import { kyselyWriter, postgresPool } from '@spillway/kysely'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { expect, it, onTestFinished } from 'vitest'
import { breaker } from './index.ts'
import { memorySwitch } from './testing/memory-switch.ts'

/** Finds a port on which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

it('opens when the writer of an unreachable database has held the batch for as long as it can', async () => {
  const connectionString = `postgres://app:app@127.0.0.1:${await closedPort()}/app`
  const db = new Kysely<{ items: { id: string } }>({
    dialect: new PostgresDialect({ pool: postgresPool({ Pool, connectionString, connections: 1 }) }),
  })
  onTestFinished(() => db.destroy())
  const mapping = memorySwitch()
  const logger = { info() {}, warn() {}, error() {} }
  const { watch } = breaker({ switch: mapping, threshold: 2, logger, random: () => 0 })
  const write = watch(
    kyselyWriter({
      db,
      insertInto: 'items',
      row: ({ key }) => ({ id: key }),
      conflict: 'id',
      types: { id: 'text' },
    }),
  )
  const message = {
    name: 'item',
    version: 1,
    key: 'k',
    time: new Date(0),
    receiveCount: 1,
    lane: 'l',
    body: 1,
  }
  const batch = () => {
    const end = performance.now() + 500
    return write([message], {
      signal: new AbortController().signal,
      remainingTime: () => end - performance.now(),
    })
  }
  expect(await batch()).toMatchObject([{ kind: 'retry', cause: { code: 'SPILLWAY_DATABASE_UNAVAILABLE' } }])
  expect(mapping.now.state).toBe('enabled')
  await batch()
  expect(mapping.now.state).toBe('disabled')
})
