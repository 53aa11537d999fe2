import { CamelCasePlugin, Kysely, MysqlDialect, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { connectionBudgetMigration, postgresPool } from '../../index.ts'
import { connect, execute, openKysely, startDatabase } from '../../testing/database.ts'

let database: Awaited<ReturnType<typeof startDatabase>>
beforeAll(async () => {
  database = await startDatabase({})
})
afterAll(() => database[Symbol.asyncDispose]())

const owner = () => openKysely<Record<never, never>>(database.url).db
const settingOf = async (name: string) =>
  Object.values((await execute(database.functionsUrl, `show ${name}`))[0] ?? {})[0]

describe('connectionBudgetMigration', () => {
  it('makes the server refuse one session too many, and can be reverted', async () => {
    const { up, down } = connectionBudgetMigration({
      role: 'app',
      connections: 2,
      statementTimeoutMillis: 7_000,
    })
    await up(owner().withPlugin(new CamelCasePlugin({ upperCase: true })))
    expect(await settingOf('idle_session_timeout')).toBe('1s')
    expect(await settingOf('idle_in_transaction_session_timeout')).toBe('10s')
    expect(await settingOf('client_connection_check_interval')).toBe('1s')
    expect(await settingOf('statement_timeout')).toBe('7s')
    const clients = [await connect(database.functionsUrl), await connect(database.functionsUrl)]
    await expect(connect(database.functionsUrl)).rejects.toMatchObject({ code: '53300' })
    await Promise.all(clients.map((client) => client.end()))
    await down(owner())
    const more = await Promise.all([1, 2, 3, 4].map(() => connect(database.functionsUrl)))
    for (const name of [
      'idle_session_timeout',
      'idle_in_transaction_session_timeout',
      'client_connection_check_interval',
      'statement_timeout',
    ]) {
      expect(await settingOf(name)).toBe('0')
    }
    await Promise.all(more.map((client) => client.end()))
  })

  it('frees idle sessions, which costs a pool only a new connection', async () => {
    const limits = { role: 'app', connections: 1, idleSessionTimeoutMillis: 150 }
    await connectionBudgetMigration(limits).up(owner())
    onTestFinished(() => connectionBudgetMigration(limits).down(owner()))
    const failures: unknown[] = []
    const [one, two] = [0, 1].map(() => {
      const pool = postgresPool({ Pool, connectionString: database.functionsUrl })
      onTestFinished(() => pool.end())
      return new Kysely<Record<never, never>>({
        dialect: new PostgresDialect({ pool }),
        log: (event) => void (event.level === 'error' && failures.push(event.error)),
      })
    })
    const ask = (db: typeof one) => db?.selectNoFrom((eb) => eb.val(1).as('one')).execute()
    const others = () =>
      execute(database.url, `select 1 from pg_stat_activity where usename = 'app'`).then(
        ({ length }) => length,
      )
    for (const db of [one, two, one, two]) {
      expect(await ask(db)).toHaveLength(1)
      await expect.poll(others, { interval: 20, timeout: 10_000 }).toBe(0)
    }
    expect(failures).toEqual([])
  })

  it('ends the session of an idle transaction, which was frozen, regardless of how it began', async () => {
    const limits = { role: 'app', connections: 1, idleInTransactionSessionTimeoutMillis: 200 }
    await connectionBudgetMigration(limits).up(owner())
    onTestFinished(() => connectionBudgetMigration(limits).down(owner()))
    const frozen = await connect(database.functionsUrl)
    onTestFinished(() => frozen.end())
    await frozen.query('begin')
    await expect
      .poll(() => execute(database.url, `select state from pg_stat_activity where usename = 'app'`))
      .toEqual([])
    const next = await connect(database.functionsUrl)
    await next.end()
  })

  it('makes the server end statements that no function waits for, and keeps a time-out of the role', async () => {
    const { up, down } = connectionBudgetMigration({ role: 'app', connections: 3 })
    await up(owner())
    expect(await settingOf('statement_timeout')).toBe('15min')
    await down(owner())
    expect(await settingOf('statement_timeout')).toBe('0')
    await execute(database.url, `alter role app set statement_timeout = '30s'`)
    onTestFinished(() =>
      execute(database.url, 'alter role app reset statement_timeout').then(() => undefined),
    )
    await up(owner())
    expect(await settingOf('statement_timeout')).toBe('30s')
    await down(owner())
    expect(await settingOf('statement_timeout')).toBe('30s')
    const own = connectionBudgetMigration({ role: 'app', connections: 3, statementTimeoutMillis: 20_000 })
    await own.up(owner())
    expect(await settingOf('statement_timeout')).toBe('20s')
    await own.down(owner())
    expect(await settingOf('statement_timeout')).toBe('0')
  })

  it('quotes the name of the role', async () => {
    await execute(database.url, `create role "it's ""odd"""`)
    const { up } = connectionBudgetMigration({ role: `it's "odd"`, connections: 3 })
    await up(owner())
    expect(await execute(database.url, `select rolconnlimit from pg_roles where rolname like 'it%'`)).toEqual(
      [{ rolconnlimit: 3 }],
    )
  })

  it('is only for Postgres, and names an unknown option', async () => {
    const { up } = connectionBudgetMigration({ role: 'app', connections: 3 })
    const db = new Kysely({ dialect: new MysqlDialect({ pool: async () => ({}) as never }) })
    await expect(up(db)).rejects.toMatchObject({ code: 'SPILLWAY_OPTION_INVALID' })
    expect(() => connectionBudgetMigration({ role: 'app', connections: 0 })).toThrow('`connections` must be')
    expect(() => connectionBudgetMigration({ role: 'app', connection: 3 } as never)).toThrow(
      'has no option `connection`. Its options are role, connections,',
    )
  })
})
