import type { VirtualClock } from '../time/virtual-clock.ts'

/** The parameters of a database. Times are in milliseconds. */
export interface DatabaseOptions {
  /** The work for a row. Default 0.1. */
  readonly rowTime?: number
  /** The duration of a round trip. Default 1. */
  readonly roundTrip?: number
  /** Default 20. */
  readonly connectTime?: number
  /** Default 100. */
  readonly maxConnections?: number
}

/** A time during which a database has a problem. Times are in seconds from the start of the simulation. */
export interface Outage {
  readonly from: number
  readonly to: number
  /** The name of the database. Default: `main`. */
  readonly database?: string
  readonly kind:
    | { readonly is: 'down' }
    /** It accepts connections and statements but does not answer until the outage is over. */
    | { readonly is: 'hanging' }
    /** Milliseconds for a row. */
    | { readonly is: 'slow'; readonly rowTime: number }
    /** Reads succeed and writes fail with 25006. */
    | { readonly is: 'read-only' }
    /**
     * Writes fail with a SQLSTATE, or without a code, after `after` milliseconds. A lock (55P03) without `after` fails
     * at the `lock_timeout` of the statement; a statement that still waits when the outage ends succeeds.
     */
    | { readonly is: 'failing'; readonly code?: string; readonly after?: number }
}

/** Creates an error of node-postgres. */
export function serverError(code: string | undefined, message: string, fatal = false): Error {
  const fields = code === undefined ? {} : { code, severity: fatal ? 'FATAL' : 'ERROR' }
  return Object.assign(new Error(message), fields)
}

/** The time limits of a statement in milliseconds. */
export interface StatementLimits {
  readonly statementTimeout: number
  readonly lockTimeout: number
}

/** A session of a server. Each method resolves when the server answers. */
export interface Session {
  /** Runs a statement without work. Resolves with whether the server is read-only. */
  ask(): Promise<{ readonly isReadOnly: boolean }>
  /** Inserts rows with these keys; existing keys are ignored. */
  insert(keys: readonly string[], limits: StatementLimits): Promise<void>
  close(): void
}

/** What a server has done. */
export interface DatabaseUsage {
  readonly connects: number
  /** The most connects in one second, including failed ones. */
  readonly mostConnectsPerSecond: number
  readonly mostConnections: number
  /** Seconds of work, including that of cancelled statements. */
  readonly workSeconds: number
  readonly statements: number
}

/** A database server in virtual time. */
export interface DatabaseServer {
  connect(): Promise<Session>
  /** The keys of the committed rows. */
  readonly rows: ReadonlySet<string>
  readonly usage: DatabaseUsage
}

/** The current outage, and the milliseconds until it ends. */
interface Trouble {
  readonly kind: Outage['kind']
  readonly left: number
}

/** Creates a server with its outages. */
export function createServer(
  options: DatabaseOptions,
  outages: readonly Outage[],
  clock: VirtualClock,
  start: number,
): DatabaseServer {
  const { rowTime = 0.1, roundTrip = 1, connectTime = 20, maxConnections = 100 } = options
  const rows = new Set<string>()
  const usage = { connects: 0, mostConnectsPerSecond: 0, mostConnections: 0, workSeconds: 0, statements: 0 }
  const countConnect = connectCounter(usage)
  let connections = 0
  const sinceStart = () => (clock.now() - start) / 1000
  /** Called at the moment at which the server goes down. */
  const breaking = new Set<() => void>()
  for (const { from, kind } of outages) {
    if (kind.is === 'down') clock.schedule(() => [...breaking].forEach((end) => void end()), from * 1000)
  }

  function trouble(): Trouble | undefined {
    const now = sinceStart()
    const outage = outages.find(({ from, to }) => from <= now && now < to)
    return outage && { kind: outage.kind, left: (outage.to - now) * 1000 }
  }

  const pass = (ms: number) => sleepUnlessDown(ms, clock, breaking)

  async function answerable(): Promise<void> {
    const now = trouble()
    if (now?.kind.is === 'down') {
      await clock.sleep(roundTrip)
      throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
    }
    if (now?.kind.is === 'hanging') {
      await clock.sleep(now.left)
      throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
    }
  }

  /** Fails a write as the outage says; resolves if the write may continue. */
  async function refuse({ kind, left }: Trouble, limits: StatementLimits): Promise<void> {
    if (kind.is === 'read-only') {
      await pass(roundTrip)
      throw serverError('25006', 'cannot execute INSERT in a read-only transaction')
    }
    if (kind.is === 'failing') await fail({ pass, roundTrip, left, limits, ...kind })
  }

  async function insert(keys: readonly string[], limits: StatementLimits): Promise<void> {
    usage.statements += 1
    await answerable()
    const now = trouble()
    if (now !== undefined) await refuse(now, limits)
    const time = workTime(keys.length, rowTime, trouble())
    const startedAt = clock.now()
    try {
      await pass(Math.min(time, limits.statementTimeout) + roundTrip)
    } finally {
      usage.workSeconds += Math.min(time, limits.statementTimeout, clock.now() - startedAt) / 1000
    }
    if (time > limits.statementTimeout) throw cancelled()
    for (const key of keys) rows.add(key)
  }

  return {
    rows,
    usage,
    async connect() {
      countConnect(Math.floor(sinceStart()))
      const now = trouble()
      if (now?.kind.is === 'down') {
        await clock.sleep(roundTrip)
        throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
      }
      if (now?.kind.is === 'hanging') await clock.sleep(now.left)
      await pass(connectTime)
      if (connections >= maxConnections) throw serverError('53300', 'sorry, too many clients already', true)
      connections += 1
      usage.mostConnections = Math.max(usage.mostConnections, connections)
      let isOpen = true
      return {
        async ask() {
          await answerable()
          await pass(roundTrip)
          return { isReadOnly: trouble()?.kind.is === 'read-only' }
        },
        insert,
        close() {
          if (isOpen) connections -= 1
          isOpen = false
        },
      }
    },
  }
}

function cancelled(): Error {
  return serverError('57014', 'canceling statement due to statement timeout')
}

/** How many milliseconds it takes to write this many rows from now on. */
function workTime(count: number, rowTime: number, trouble: Trouble | undefined): number {
  if (trouble?.kind.is !== 'slow') return count * rowTime
  const slow = count * trouble.kind.rowTime
  return slow <= trouble.left ? slow : trouble.left + (count - trouble.left / trouble.kind.rowTime) * rowTime
}

/** Counts connects, and the most in one second. */
function connectCounter(usage: {
  connects: number
  mostConnectsPerSecond: number
}): (second: number) => void {
  let current = { at: 0, connects: 0 }
  return function countConnect(at) {
    usage.connects += 1
    current = current.at === at ? { at, connects: current.connects + 1 } : { at, connects: 1 }
    usage.mostConnectsPerSecond = Math.max(usage.mostConnectsPerSecond, current.connects)
  }
}

/** Waits inside the server; rejects if the server goes down meanwhile. `breaking` is called when it does. */
function sleepUnlessDown(ms: number, clock: VirtualClock, breaking: Set<() => void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(() => {
      breaking.delete(end)
      resolve()
    }, ms)
    const end = () => {
      cancel()
      breaking.delete(end)
      reject(serverError('57P01', 'terminating connection due to administrator command', true))
    }
    breaking.add(end)
  })
}

interface FailOptions {
  pass(ms: number): Promise<void>
  readonly roundTrip: number
  /** Milliseconds until the outage ends. */
  readonly left: number
  readonly limits: StatementLimits
  readonly code?: string
  /** Milliseconds after which a write fails. */
  readonly after?: number
}

/** Fails a write with a code; resolves when it waits for a lock that is released in time. */
async function fail({ pass, roundTrip, left, limits, code, ...kind }: FailOptions): Promise<void> {
  if (code === '55P03' && kind.after === undefined && left < Math.min(...Object.values(limits))) {
    return pass(left)
  }
  const { after = code === '55P03' ? limits.lockTimeout : roundTrip } = kind
  await pass(Math.min(after, limits.statementTimeout))
  if (after > limits.statementTimeout) throw cancelled()
  throw serverError(code, `the server fails with ${code ?? 'an error without a code'}`)
}
