import { describe, expect, it } from 'vitest'
import { type AppOptions, type DatabaseOptions, defineApp, type FunctionOptions } from './index.ts'

const database: DatabaseOptions = { engine: 'postgres', maxConnections: 20, reserved: 4 }
const write: FunctionOptions = {
  entry: './write.ts',
  queue: 'orders',
  timeout: 30,
  maximumConcurrency: 8,
  connections: 1,
}
const status: FunctionOptions = {
  entry: './status.ts',
  http: 'GET /a/{id}',
  timeout: 30,
  connections: 1,
  reservedConcurrency: 4,
}

/** The problems of an app, errors and warnings, as `spillway dev` shows them. */
function problemsOf(functions: AppOptions['functions'], more: Partial<DatabaseOptions> = {}): string[] {
  try {
    const { warnings } = defineApp({ name: 'a', database: { ...database, ...more }, functions })
    return warnings.map(({ id, message }) => `${id}: ${message}`)
  } catch (error) {
    return (error as Error).message.split('\n  ').slice(1)
  }
}

describe('errors', () => {
  it('a function that uses the database, with `connections` of 0', () => {
    const environment: FunctionOptions['environment'] = ({ databaseUrl }) => ({ DATABASE_URL: databaseUrl })
    const fn = { ...write, connections: 0, maximumConcurrency: 1000, environment }
    const message =
      "E9: functions.fn uses the database's URL, but its `connections` is 0: set how many connections one environment opens, or 'uncounted'."
    expect(problemsOf({ fn })).toStrictEqual([message])
    const { connections: _, ...silent } = fn
    expect(problemsOf({ fn: silent })).toStrictEqual([message])
    expect(problemsOf({ fn: { ...write, environment } })).toStrictEqual([])
  })

  it.each([
    ['as it is', { SPILLWAY_CONNECTIONS: '50' }],
    ['by a function', () => ({ SPILLWAY_CONNECTIONS: '50' })],
  ])('an environment that sets SPILLWAY_CONNECTIONS itself, %s', (_, environment) => {
    expect(problemsOf({ write: { ...write, environment } })).toStrictEqual([
      'E9: functions.write sets SPILLWAY_CONNECTIONS, whose value comes from `connections`: set `connections` instead.',
    ])
  })

  it('an environment that throws without real resources is read again later', () => {
    const environment = () => {
      throw new Error('not yet')
    }
    expect(problemsOf({ write: { ...write, environment } })).toStrictEqual([])
  })

  it.each([0, 1, 2])('connections that Postgres reserves for itself: %i reserved', (reserved) => {
    expect(problemsOf({ write }, { reserved })).toStrictEqual([
      `E9: database.reserved is ${reserved}, but Postgres reserves 3 connections for itself, which the functions cannot use.`,
    ])
  })

  it("a budget that is more than the server's", () => {
    expect(() => defineApp({ name: 'a', database: { ...database, budget: 17 }, functions: {} })).toThrow(
      'database.budget is 17, more than the 16 connections that remain of 20 without the 4 reserved.',
    )
  })

  it("a sum above the app's share of a server that others use", () => {
    expect(problemsOf({ write }, { maxConnections: 500, budget: 6 })).toStrictEqual([
      'E9: the functions may open 8 database connections (write 8 × 1 = 8), but the budget is 6.',
    ])
  })

  it('a single function that may open more than the server allows', () => {
    expect(problemsOf({ write: { ...write, connections: 3 } }, { connectionLimit: true })).toStrictEqual([
      'E9: functions.write alone may open 24 database connections (8 × 3), but the budget is 16: the other environments would only wait, and Lambda would bill that time.',
    ])
  })

  it('provisioned environments, each with its connections', () => {
    const ready = { ...write, provisionedConcurrency: 20 }
    expect(problemsOf({ ready })).toStrictEqual([
      'E9: the functions may open 20 database connections (ready 20 × 1 = 20), but the budget is 16.',
    ])
    expect(problemsOf({ status: { ...status, provisionedConcurrency: 5 } })).toContain(
      'E11: functions.status has a provisionedConcurrency of 5, but Lambda allows no more than its reservedConcurrency of 4.',
    )
  })

  it('provisioned environments, which do not limit the number of others', () => {
    const { reservedConcurrency: _, ...free } = status
    expect(problemsOf({ status: { ...free, provisionedConcurrency: 2 } })).toStrictEqual([
      'E9: functions.status opens database connections, but nothing limits how many: give it a reservedConcurrency.',
    ])
  })
})

describe('warnings', () => {
  it('no reserve for a deploy when the server does not enforce the budget', () => {
    const full = { ...write, maximumConcurrency: 16 }
    expect(problemsOf({ full })).toStrictEqual([
      'W23: a deploy may exceed the budget: while it replaces environments, the old ones keep their connections, up to 2 × 16 = 32 of 16. Let the server enforce the budget (`connectionLimit: true`), or use at most 8 connections.',
    ])
    expect(problemsOf({ full }, { connectionLimit: true })).toStrictEqual([])
    expect(problemsOf({ write })).toStrictEqual([])
  })

  it('functions that together may open more than the server allows', () => {
    const full = { ...write, maximumConcurrency: 16 }
    expect(problemsOf({ full, status }, { connectionLimit: true })).toStrictEqual([
      'W24: the functions may open 20 database connections (full 16 × 1 = 16, status 4 × 1 = 4), but the server allows 16: under full load some of them wait for a connection.',
    ])
  })

  it('a time-out that is too short to wait for the end of an idle session', () => {
    const short = { ...write, timeout: 5 }
    expect(problemsOf({ short }, { connectionLimit: true })).toStrictEqual([
      'W25: functions.short has a timeout of 5 s, but needs 1 s until an idle session of another environment ends and 5 s for a write: after a deploy its first invocations fail. Set it to at least 6 s, or set a shorter `idleSessionTimeout`.',
    ])
    expect(problemsOf({ short: { ...write, timeout: 6 } }, { connectionLimit: true })).toStrictEqual([])
    expect(
      problemsOf({ short: { ...write, timeout: 6 } }, { connectionLimit: true, idleSessionTimeout: 2 }),
    ).toHaveLength(1)
  })

  it('connections that are `uncounted`', () => {
    const environment: FunctionOptions['environment'] = ({ databaseUrl }) => ({ DATABASE_URL: databaseUrl })
    expect(problemsOf({ fn: { ...write, connections: 'uncounted', environment } })).toStrictEqual([
      'W26: functions.fn opens connections that are not counted: the budget is not guaranteed.',
    ])
  })

  it('MySQL without a reserved connection, which Postgres does not allow', () => {
    expect(problemsOf({ write }, { engine: 'mysql', reserved: 0 })).toStrictEqual([
      'W22: database.reserved is 0: when the functions use all connections, you cannot connect to the database.',
    ])
    expect(problemsOf({ write }, { engine: 'mysql', reserved: 1 })).toStrictEqual([])
  })
})
