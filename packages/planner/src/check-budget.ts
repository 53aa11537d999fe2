import type { App, AppDatabase, AppFunction } from './app.ts'
import type { Problem } from './check-app.ts'
import { streamConcurrency } from './define-stream.ts'

/**
 * During a deploy a function may hold this many times its share: Lambda freezes the old environments with their
 * connections and starts new ones.
 */
export const deployFactor = 2

/** How many connections Postgres reserves for superusers by default ("Connections and Authentication"). */
const superuserReserved = 3

/** Seconds that a function needs for its writes, in addition to the wait for a connection. */
const writeTime = 5

interface Share {
  readonly fn: AppFunction
  /** The most environments that may hold connections at once, outside a deploy. */
  readonly environments: number
  readonly total: number
}

/** Finds reasons why an app would exceed its connection budget. */
export function* checkBudget(app: App): Generator<Problem> {
  yield* checkDeclared(app)
  const { database } = app
  if (database === undefined) {
    for (const { name, connections } of app.functions) {
      if (connections > 0)
        yield problem('E9', `functions.${name} opens connections, but the app has no database.`)
    }
    return
  }
  if (database.budget < 1) {
    yield problem(
      'E9',
      `database.reserved (${database.reserved}) leaves none of its ${database.maxConnections} connections for the functions.`,
    )
    return
  }
  yield* checkReserved(database)
  yield* checkSum(app, database)
  for (const fn of opening(app)) {
    if (mostEnvironments(app, fn) !== undefined) continue
    yield problem(
      'E9',
      `functions.${fn.name} opens database connections, but nothing limits how many: ${remedy(fn)}.`,
    )
  }
}

/** Warns of settings that keep the budget but have a cost. */
export function* warnOfBudget(app: App): Generator<Problem> {
  const { database } = app
  if (database === undefined || database.budget < 1) return
  const all = sharesOf(app)
  const total = sum(all)
  for (const { name, opensUncounted } of app.functions) {
    if (!opensUncounted) continue
    yield problem(
      'W26',
      `functions.${name} opens connections that are not counted: the budget is not guaranteed.`,
    )
  }
  const { budget, connectionLimit, idleSessionTimeout } = database
  if (database.engine === 'mysql' && database.reserved === 0) {
    yield problem(
      'W22',
      'database.reserved is 0: when the functions use all connections, you cannot connect to the database.',
    )
  }
  if (!connectionLimit && total * deployFactor > budget && total <= budget) {
    yield problem(
      'W23',
      `a deploy may exceed the budget: while it replaces environments, the old ones keep their connections, up to ${deployFactor} × ${total} = ${deployFactor * total} of ${budget}. Let the server enforce the budget (\`connectionLimit: true\`), or use at most ${Math.floor(budget / deployFactor)} connections.`,
    )
  }
  if (!connectionLimit) return
  if (total > budget) {
    yield problem(
      'W24',
      `the functions may open ${total} database connections (${describe(all)}), but the server allows ${budget}: under full load some of them wait for a connection.`,
    )
  }
  for (const { fn } of all) {
    const needed = idleSessionTimeout + writeTime
    if (fn.timeout >= needed) continue
    yield problem(
      'W25',
      `functions.${fn.name} has a timeout of ${fn.timeout} s, but needs ${idleSessionTimeout} s until an idle session of another environment ends and ${writeTime} s for a write: after a deploy its first invocations fail. Set it to at least ${needed} s, or set a shorter \`idleSessionTimeout\`.`,
    )
  }
}

/** Finds functions whose environment contradicts their `connections`. */
function* checkDeclared(app: App): Generator<Problem> {
  for (const fn of app.functions) {
    const { variables, usesDatabase } = fn.declared
    if (variables.SPILLWAY_CONNECTIONS !== undefined) {
      yield problem(
        'E9',
        `functions.${fn.name} sets SPILLWAY_CONNECTIONS, whose value comes from \`connections\`: set \`connections\` instead.`,
      )
    }
    if (usesDatabase && fn.connections === 0 && !fn.opensUncounted) {
      yield problem(
        'E9',
        `functions.${fn.name} uses the database's URL, but its \`connections\` is 0: set how many connections one environment opens, or 'uncounted'.`,
      )
    }
  }
}

function* checkReserved({ engine, reserved }: AppDatabase): Generator<Problem> {
  if (engine !== 'postgres' || reserved >= superuserReserved) return
  yield problem(
    'E9',
    `database.reserved is ${reserved}, but Postgres reserves ${superuserReserved} connections for itself, which the functions cannot use.`,
  )
}

function* checkSum(app: App, { budget, connectionLimit }: AppDatabase): Generator<Problem> {
  const all = sharesOf(app)
  if (!connectionLimit) {
    if (sum(all) <= budget) return
    yield problem(
      'E9',
      `the functions may open ${sum(all)} database connections (${describe(all)}), but the budget is ${budget}.`,
    )
    return
  }
  for (const { fn, environments, total } of all) {
    if (total <= budget) continue
    yield problem(
      'E9',
      `functions.${fn.name} alone may open ${total} database connections (${environments} × ${fn.connections}), but the budget is ${budget}: the other environments would only wait, and Lambda would bill that time.`,
    )
  }
}

function opening(app: App): readonly AppFunction[] {
  return app.functions.filter((fn) => fn.connections > 0)
}

/** How many connections each function may open, without the functions that have no limit. */
function sharesOf(app: App): readonly Share[] {
  return opening(app).flatMap((fn) => {
    const environments = mostEnvironments(app, fn)
    return environments === undefined ? [] : [{ fn, environments, total: environments * fn.connections }]
  })
}

function sum(shares: readonly Share[]): number {
  return shares.reduce((all, { total }) => all + total, 0)
}

function describe(shares: readonly Share[]): string {
  return shares
    .map(({ fn, environments, total }) => `${fn.name} ${environments} × ${fn.connections} = ${total}`)
    .join(', ')
}

/** The advice for a function whose connections have no limit. */
function remedy({ routes, eventSource, streamSource }: AppFunction): string {
  if (streamSource !== undefined) {
    return 'split it into one function for HTTP, with a reservedConcurrency, and one for the stream'
  }
  if (eventSource === undefined) return 'give it a reservedConcurrency'
  if (routes.length === 0) return 'give it a maximumConcurrency'
  return 'split it into one function for HTTP, with a reservedConcurrency, and one for the queue, with a maximumConcurrency'
}

/** How many environments of a function may hold connections at once; `undefined` when nothing limits them. */
function mostEnvironments(app: App, fn: AppFunction): number | undefined {
  const { routes, eventSource, reservedConcurrency, provisionedConcurrency = 0 } = fn
  const fromSource = eventSource?.maximumConcurrency ?? streamConcurrency(app, fn)
  // HTTP requests start further environments, so the limit of the queue or stream does not apply.
  const limits = [routes.length > 0 ? undefined : fromSource, reservedConcurrency]
  const most = limits.filter((limit) => limit !== undefined)
  // Each provisioned environment may have been used and may still hold its connections.
  return most.length === 0 ? undefined : Math.max(provisionedConcurrency, Math.min(...most))
}

function problem(id: string, message: string): Problem {
  return { id, message }
}
