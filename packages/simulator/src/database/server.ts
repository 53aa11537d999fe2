import type { VirtualClock } from '../time/virtual-clock.ts'
import { networkError, serverError } from './errors.ts'
import { createInsert, type Insert } from './insert.ts'
import { createOutages, type Outage } from './outage.ts'

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

/** A session of a server. Each method resolves when the server answers. */
export interface Session {
  /** Runs a statement without work. Resolves with whether the server is read-only. */
  ask(): Promise<{ readonly isReadOnly: boolean }>
  readonly insert: Insert
  close(): void
}

/** The usage of a server. */
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

/** Creates a server with its outages. */
export function createServer(
  options: DatabaseOptions,
  own: readonly Outage[],
  clock: VirtualClock,
  start: number,
): DatabaseServer {
  const { rowTime = 0.1, roundTrip = 1, connectTime = 20, maxConnections = 100 } = options
  const outages = createOutages(own, clock, start)
  const rows = new Set<string>()
  const usage = { connects: 0, mostConnectsPerSecond: 0, mostConnections: 0, workSeconds: 0, statements: 0 }
  const countConnect = connectCounter(usage)
  const insert = createInsert({ clock, outages, rowTime, roundTrip, rows, usage })
  let connections = 0

  function open(): Session {
    connections += 1
    usage.mostConnections = Math.max(usage.mostConnections, connections)
    let isOpen = true
    return {
      async ask() {
        await outages.answers(roundTrip)
        await outages.pass(roundTrip)
        return { isReadOnly: outages.current()?.kind.is === 'read-only' }
      },
      insert,
      close() {
        if (isOpen) connections -= 1
        isOpen = false
      },
    }
  }

  return {
    rows,
    usage,
    async connect() {
      countConnect(Math.floor((clock.now() - start) / 1000))
      const now = outages.current()
      if (now?.kind.is === 'down') {
        await clock.sleep(roundTrip)
        throw networkError('connect', 'ECONNREFUSED')
      }
      if (now?.kind.is === 'hanging') await clock.sleep(now.left)
      await outages.pass(connectTime)
      if (connections >= maxConnections) throw serverError('53300', 'sorry, too many clients already', true)
      return open()
    },
  }
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
