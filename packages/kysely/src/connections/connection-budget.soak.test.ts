import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { execute, startDatabase, type TestDatabase } from '../testing/database.ts'
import type { Keeping } from '../testing/environments.ts'
import { type FleetReport, runFleet } from '../testing/fleet.ts'
import { type Fleet, startFleet } from '../testing/fleet-environments.ts'
import { postgresSessions } from '../testing/session-counts.ts'

const budget = 16

describe('64 environments with a budget of 16 connections', { timeout: 300_000 }, () => {
  let database: TestDatabase
  /** The environments, with one connection each. */
  let singles: Fleet | undefined
  beforeAll(async () => {
    database = await startDatabase({ maxConnections: 100 })
    // A write that takes time but no CPU: connections are in use, and environments are killed, while the server works.
    await execute(
      database.url,
      `create table entries (id uuid primary key, environment int not null);
       create function pause() returns trigger language plpgsql as
         $$ begin perform pg_sleep(0.15); return null; end $$;
       create trigger pause before insert on entries for each statement execute function pause()`,
    )
    singles = await startFleet({ functionsUrl: database.functionsUrl, share: 1 }, 64)
  }, 300_000)
  beforeEach(async () => {
    await execute(elsewhere(), 'alter database test connection limit -1')
    await execute(
      elsewhere(),
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'app'`,
    )
    await execute(database.url, 'truncate entries')
    database.resetPeak()
  })
  afterAll(async () => {
    await singles?.[Symbol.asyncDispose]()
    await database[Symbol.asyncDispose]()
  })

  const fleet = async (options: {
    share: number
    seconds: number
    connections: Keeping
    deaths?: number
    environments?: number
  }) =>
    runFleet({
      functionsUrl: database.functionsUrl,
      sessions: await postgresSessions(elsewhere()),
      environments: 64,
      budget,
      ...(options.share === 1 && singles !== undefined && { fleet: singles }),
      ...options,
    })

  // The session that counts must not be counted.
  function elsewhere(): string {
    const url = new URL(database.url)
    url.pathname = '/postgres'
    return url.href
  }

  async function expectLedger({ done }: FleetReport): Promise<void> {
    expect(done.size).toBeGreaterThan(500)
    const rows = await execute(database.url, 'select id from entries')
    const keys = new Set(rows.map(({ id }) => String(id)))
    expect([...done].filter((key) => !keys.has(key))).toEqual([])
    // Batches that a killed environment committed without an answer were delivered again, and are done as well.
    expect([...keys].filter((key) => !done.has(key))).toEqual([])
  }

  it('exceed it when frozen environments keep their connections, which proves that the test detects it', async () => {
    // On a slow machine the server would end sessions before there are that many.
    await execute(elsewhere(), "alter role app set idle_session_timeout = '60s'")
    const report = await fleet({ share: 1, seconds: 4, connections: 'kept' })
    await execute(elsewhere(), "alter role app set idle_session_timeout = '1s'")
    expect(report.mostSessions).toBeGreaterThan(budget)
    expect(database.peakConnections()).toBeGreaterThan(budget)
    await expectLedger(report)
  })

  it('never exceed it in a minute of load when they close connections and the server limits sessions', async () => {
    await execute(elsewhere(), `alter database test connection limit ${budget}`)
    const report = await fleet({ share: 1, seconds: 60, connections: 'closed', deaths: 0.03 })
    expect(report.mostSessions).toBeLessThanOrEqual(budget)
    expect(report.looks).toBeGreaterThan(100)
    expect(report.deaths).toBeGreaterThan(0)
    await expectLedger(report)
  })

  it('never exceed it when 16 environments with 4 connections each close them', async () => {
    const report = await fleet({ share: 4, seconds: 8, connections: 'closed', environments: 16 })
    expect(report.mostSessions).toBeLessThanOrEqual(budget)
    expect(database.peakConnections()).toBeLessThanOrEqual(budget)
    await expectLedger(report)
  })

  it('never exceed it when the server limits sessions and ends idle ones, and each environment gets connections', async () => {
    await execute(elsewhere(), `alter database test connection limit ${budget}`)
    await execute(elsewhere(), "alter role app set idle_session_timeout = '500ms'")
    const report = await fleet({ share: 1, seconds: 5, connections: 'kept', deaths: 0.03 })
    await execute(elsewhere(), "alter role app set idle_session_timeout = '1s'")
    expect(report.mostSessions).toBeLessThanOrEqual(budget)
    await expectLedger(report)
  })
})
