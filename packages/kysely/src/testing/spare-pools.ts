import type { PostgresPool } from 'kysely'
import { Pool } from 'pg'
import { connectionLimit } from '../connections/connection-limit.ts'
import { postgresPool } from '../dialects/postgres/postgres-pool.ts'

/** The maximum number of unused pools for each URL. */
const mostSpares = 3

/** Unused pools with one connection, by URL. A new session costs the server more than most tests. */
const spares = new Map<string, ReturnType<typeof postgresPool>[]>()

/** From now on, an ended pool of one connection to this URL is kept for the next one. */
export function keepPools(url: string): void {
  spares.set(url, [])
}

/** Ends the unused pools of a URL, and keeps no more of them. */
export async function endPools(url: string): Promise<void> {
  const pools = spares.get(url) ?? []
  spares.delete(url)
  await Promise.all(pools.map((pool) => pool.end()))
}

/** Statements whose effect on their session outlasts their transaction. */
const changesSession =
  /(?:^|;)\s*(?:set\s+(?!local\b|transaction\b|constraints\b)|listen\b|prepare\b|declare\b)|\btemp\b|set_config\(.*\bfalse\)|advisory_lock/i

/** A pool, and the function that observes its statements. */
export interface TestPool {
  readonly pool: PostgresPool
  /** A statement was sent. */
  sent(text: string): void
}

/**
 * A pool with its own limit, because it represents an environment. Its connection may be that of an ended pool, unless
 * a statement has changed the session.
 */
export function openTestPool(url: string, connections: number): TestPool {
  const kept = connections === 1 ? spares.get(url) : undefined
  const pool =
    kept?.pop() ?? postgresPool({ Pool, connectionString: url, limit: connectionLimit({ connections }) })
  let inUse = 0
  let isChanged = false
  return {
    pool: {
      options: pool.options,
      async connect() {
        const client = await pool.connect()
        inUse += 1
        const { release } = client
        client.release = () => {
          inUse -= 1
          release()
        }
        return client
      },
      async end() {
        const isKept = !isChanged && inUse === 0 && kept === spares.get(url)
        if (isKept && kept !== undefined && kept.length < mostSpares) kept.push(pool)
        else await pool.end()
      },
    },
    sent(text) {
      isChanged ||= changesSession.test(text)
    },
  }
}
