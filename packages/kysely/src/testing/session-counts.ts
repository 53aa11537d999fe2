import { connect } from './database.ts'
import { connectMysql, queryMysql } from './mysql.ts'

/** Reads the sessions of the functions. */
export interface CountSessions {
  /** An id for each current session, the same in each read. */
  look(): Promise<readonly string[]>
  end(): Promise<void>
}

/** The result of {@link countSessions} so far. */
export interface SessionCounts {
  /**
   * The maximum number of concurrent sessions of the functions, and the number of reads. The server lists one session
   * after another, so one read can show a session that has ended meanwhile together with its successor. Sessions that
   * two consecutive reads show existed between them.
   */
  readonly mostSessions: number
  readonly looks: number
}

/**
 * Sessions of the role `app` of a Postgres, read from another database, so that the reader's own session is not
 * counted.
 */
export async function postgresSessions(url: string): Promise<CountSessions> {
  const counter = await connect(url)
  return {
    async look() {
      const { rows } = await counter.query<{ session: string }>(
        // A session without a database was refused, and is about to end.
        `select pid || ' ' || backend_start as session from pg_stat_activity
         where usename = 'app' and datname is not null`,
      )
      return rows.map(({ session }) => session)
    },
    end: () => counter.end(),
  }
}

/** Sessions of a user of MySQL or MariaDB. */
export function mysqlSessions(url: string, user: string): CountSessions {
  const counter = connectMysql(url)
  // The server ends idle sessions of all users, and environments take time to start.
  const kept = queryMysql(counter, 'set session wait_timeout = 28800')
  return {
    async look() {
      await kept
      const rows = await queryMysql(
        counter,
        `select id from information_schema.processlist where user = '${user}'`,
      )
      return rows.map(({ id, ID = id }) => String(ID))
    },
    async end() {
      counter.destroy()
    },
  }
}

/** Reads the sessions every few milliseconds, until it is stopped. */
export function countSessions(
  sessions: CountSessions,
): SessionCounts & { readonly stop: () => Promise<void> } {
  const counts = { looks: 0, mostSessions: 0 }
  let isStopped = false
  async function run(): Promise<void> {
    let before = new Set<string>()
    while (!isStopped) {
      const seen = new Set(await sessions.look())
      counts.looks += 1
      const both = [...seen].filter((session) => before.has(session)).length
      counts.mostSessions = Math.max(counts.mostSessions, both)
      before = seen
      await new Promise((resolve) => setTimeout(resolve, 3))
    }
    await sessions.end()
  }
  const running = run()
  return {
    get looks() {
      return counts.looks
    },
    get mostSessions() {
      return counts.mostSessions
    },
    async stop() {
      isStopped = true
      await running
    },
  }
}
