import { execute, startDatabase } from './database.ts'
import { executeMysql } from './mysql.ts'
import { type CountSessions, mysqlSessions, postgresSessions } from './session-counts.ts'

/** A server that limits the functions to a budget, with a table `entries` in which an insert of 50 rows takes time. */
export interface BudgetDatabase {
  /** For the functions. */
  readonly functionsUrl: string
  sessions(): Promise<CountSessions>
  /** Empties the table, ends all sessions of the functions, and applies these settings. */
  reset(settings: BudgetSettings): Promise<void>
  stop(): Promise<void>
}

/** The settings of a case. */
export interface BudgetSettings {
  /** The maximum number of sessions of the functions. */
  readonly connections: number
  /** Seconds after which the server ends an idle session. */
  readonly idleSeconds: number
  /** The minimum seconds of an insert of 50 rows. */
  readonly insertSeconds: number
}

/** An embedded Postgres. */
export async function budgetPostgres(): Promise<BudgetDatabase> {
  const database = await startDatabase({
    maxConnections: 100,
    // As in production, because benchmarks use it.
    settings: { fsync: 'on', full_page_writes: 'on' },
  })
  const { url, functionsUrl } = database
  const elsewhere = new URL(url)
  elsewhere.pathname = '/postgres'
  await execute(
    url,
    `create table entries (id uuid primary key, environment int not null);
     alter table entries enable row level security;
     create policy seen on entries for select using (true);
     create policy pause on entries for insert with check (true)`,
  )
  return {
    functionsUrl,
    sessions: () => postgresSessions(elsewhere.href),
    async reset({ connections, idleSeconds, insertSeconds }) {
      await execute(elsewhere.href, `alter database test connection limit ${connections}`)
      await execute(elsewhere.href, `alter role app set idle_session_timeout = '${idleSeconds}s'`)
      await database.restart('fast')
      // The statement takes that long without CPU time: a subquery that depends on no row runs once. A trigger
      // would load its language into each new session, which costs more than the insert.
      await execute(
        url,
        `truncate entries;
         alter policy pause on entries with check ((select pg_sleep(${insertSeconds})::text) is not null)`,
      )
    },
    async stop() {
      await database[Symbol.asyncDispose]()
    },
  }
}

/** A database of the server that `SPILLWAY_TEST_MYSQL_URL` names, if it names one. */
export async function budgetMysql(): Promise<BudgetDatabase | undefined> {
  const server = process.env.SPILLWAY_TEST_MYSQL_URL
  if (server === undefined) return undefined
  const name = `spillway_budget_${process.pid}`
  const user = `budget_${process.pid}`
  const own = new URL(server)
  own.pathname = `/${name}`
  const functions = new URL(own)
  functions.username = user
  functions.password = user
  await executeMysql(server, `create database ${name}; create user ${user}@'%' identified by '${user}'`)
  await executeMysql(
    own.href,
    `grant all on ${name}.* to ${user}@'%';
     create table entries (id char(36) primary key, environment int not null)`,
  )
  const [before] = await executeMysql(server, 'select @@global.wait_timeout as seconds')
  return {
    functionsUrl: functions.href,
    sessions: async () => mysqlSessions(server, user),
    async reset({ connections, idleSeconds, insertSeconds }) {
      const rows = await executeMysql(
        server,
        `select id from information_schema.processlist where user = '${user}'`,
      )
      for (const { id, ID = id } of rows) await executeMysql(server, `kill ${ID}`).catch(() => undefined)
      await executeMysql(
        server,
        `alter user ${user}@'%' with max_user_connections ${connections}; set global wait_timeout = ${idleSeconds}`,
      )
      // MySQL calls a trigger for each row.
      await executeMysql(
        own.href,
        `truncate table entries; drop trigger if exists pause;
         create trigger pause before insert on entries for each row set @pause = sleep(${insertSeconds / 50})`,
      )
    },
    async stop() {
      await executeMysql(
        server,
        `set global wait_timeout = ${before?.seconds ?? 28_800}; drop database ${name}; drop user ${user}@'%'`,
      )
    },
  }
}
