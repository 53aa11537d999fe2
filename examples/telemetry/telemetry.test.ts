import { join } from 'node:path'
import { type Local, loadApp, startLocal } from '@spillway/local'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, inject, it, vi } from 'vitest'

// These tests cover the whole path on the local runtime: HTTP gateway, Lambda processes, Kinesis, event source mapping,
// Postgres.

/** `npm run test:soak` runs longer variants of these tests. */
const soak = inject('soak')

let local: Local
let sql: pg.Pool

afterAll(async () => {
  await sql.end()
  await local.stop()
})

/** Starts the app with a short time-out, so that the batch of a hanging worker is retried after seconds. */
beforeAll(async () => {
  const { app, folder } = await loadApp(join(import.meta.dirname, 'spillway.config.ts'))
  const functions = app.functions.map((fn) => (fn.name === 'write' ? { ...fn, timeout: 5 } : fn))
  local = await startLocal({ app: { ...app, functions }, folder })
  sql = new pg.Pool({ connectionString: local.database?.url, max: 2 })
  sql.on('error', () => undefined)
})
beforeEach(() => sql.query('truncate readings'))

const reading = (change: { sensor?: string; celsius?: number } = {}) => ({
  id: crypto.randomUUID() as string,
  sensor: 'roof',
  takenAt: '2026-01-02T03:04:05.678Z',
  celsius: 21.5,
  ...change,
})

/** The schema accepts it, but it is colder than the table allows. */
const refused = () => reading({ celsius: -300 })

const post = (path: string, body: unknown) =>
  fetch(`${local.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

async function countRows(): Promise<number> {
  const { rows } = await sql.query<{ count: number }>('select count(*)::int as count from readings')
  return rows[0]?.count ?? -1
}

const untilDone = () =>
  vi.waitFor(
    async () => {
      const { streams, functions } = await local.state()
      expect(streams.readings?.readers.write).toMatchObject({ backlog: 0, invoking: 0, iteratorAge: 0 })
      expect(functions.write?.active).toBe(0)
    },
    { timeout: 40_000, interval: 200 },
  )

if (!soak) {
  it('a reading is written from HTTP to Postgres, once even if it is sent several times', async () => {
    const body = reading({ sensor: 'naïve 🌡' })
    for (let n = 0; n < 3; n++) {
      const response = await post('/readings', body)
      expect(response.status).toBe(202)
      expect(await response.json()).toStrictEqual({ id: body.id, status: 'accepted' })
    }
    await untilDone()
    const { rows } = await sql.query('select * from readings')
    expect(rows).toStrictEqual([
      { id: body.id, sensor: body.sensor, taken_at: new Date(body.takenAt), celsius: 21.5 },
    ])
  })
}

it('many readings, with rejected and invalid ones, are all accounted for, within the budget', async () => {
  await vi.waitFor(() => expect(local.database?.connections()).toBe(0), { timeout: 10_000, interval: 50 })
  local.database?.resetPeak()
  const requests = soak ? 4 : 2
  const size = soak ? 500 : 100
  const good = Array.from({ length: requests * size - 15 }, (_, n) => reading({ sensor: `sensor-${n % 50}` }))
  const poison = Array.from({ length: 10 }, refused)
  const invalid = Array.from({ length: 5 }, () => ({ ...reading(), takenAt: 'yesterday' }))
  const all = [...good, ...poison, ...invalid].sort(() => Math.random() - 0.5)
  const accepted = await Promise.all(
    Array.from({ length: requests }, async (_, n) => {
      const response = await post('/readings/bulk', all.slice(n * size, (n + 1) * size))
      expect([202, 207]).toContain(response.status)
      return ((await response.json()) as { accepted: number }).accepted
    }),
  )
  expect(accepted.reduce((sum, n) => sum + n, 0)).toBe(requests * size - 5)
  await untilDone()
  expect(await countRows()).toBe(requests * size - 15)
  const parked = await local.queues.messages('readings-parked')
  const keys = new Set(parked.map(({ body }) => JSON.parse(body).key))
  expect([...keys].sort()).toStrictEqual(poison.map(({ id }) => id).sort())
  const codes = new Set(parked.map(({ attributes }) => attributes['spillway.code']))
  expect(codes).toStrictEqual(new Set(['23514']))
  const { database, streams } = await local.state()
  expect(streams.readings?.readers.write?.discarded).toBe(0)
  expect(database?.peakConnections).toBeGreaterThan(0)
  expect(database?.peakConnections).toBeLessThanOrEqual(4)
})

if (!soak) {
  it('a worker that is killed with -9 during a batch loses nothing and writes nothing twice', async () => {
    // The worker waits for this lock with a batch in flight.
    const locker = await sql.connect()
    await locker.query('begin; lock table readings in exclusive mode')
    const before = await local.state()
    const earlier = (await local.queues.messages('readings-parked')).length
    const readings = Array.from({ length: 100 }, (_, n) => reading({ sensor: `sensor-${n % 20}` }))
    expect((await post('/readings/bulk', readings)).status).toBe(202)
    const write = local.function('write')
    const busy = await vi.waitFor(
      () => {
        const found = write.environments().filter(({ state }) => state === 'busy')
        expect(found.length).toBeGreaterThan(0)
        return found
      },
      { timeout: 10_000, interval: 20 },
    )
    for (const { pid } of busy) process.kill(pid, 'SIGKILL')
    await expect.poll(() => write.environments().map(({ pid }) => pid)).not.toContain(busy[0]?.pid)
    await locker.query('rollback')
    locker.release()
    await untilDone()
    expect(await countRows()).toBe(100)
    expect(await local.queues.messages('readings-parked')).toHaveLength(earlier)
    expect((await local.state()).functions.write?.errors).toBeGreaterThan(before.functions.write?.errors ?? 0)
  })
}
