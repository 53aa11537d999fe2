import type { VirtualClock } from '../time/virtual-clock.ts'
import { networkError, serverError } from './errors.ts'

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

/** The current outage, and the milliseconds until it ends. */
export interface Trouble {
  readonly kind: Outage['kind']
  readonly left: number
}

/** The outages of one server. Times are in milliseconds. */
export interface Outages {
  /** The current outage; `undefined` when there is none. */
  current(): Trouble | undefined
  /** Passes time inside the server; rejects if the server goes down meanwhile. */
  pass(ms: number): Promise<void>
  /** Rejects, at once or at the end of the outage, when the server does not answer a statement. */
  answers(roundTrip: number): Promise<void>
}

/** Creates the outages of a server, counted from `start`. */
export function createOutages(outages: readonly Outage[], clock: VirtualClock, start: number): Outages {
  /** Called at the moment at which the server goes down. */
  const breaking = new Set<() => void>()
  for (const { from, kind } of outages) {
    if (kind.is === 'down') clock.schedule(() => [...breaking].forEach((end) => void end()), from * 1000)
  }

  function current(): Trouble | undefined {
    const now = (clock.now() - start) / 1000
    const outage = outages.find(({ from, to }) => from <= now && now < to)
    return outage && { kind: outage.kind, left: (outage.to - now) * 1000 }
  }

  return {
    current,
    pass: (ms) => sleepUnlessDown(ms, clock, breaking),
    async answers(roundTrip) {
      const now = current()
      if (now?.kind.is !== 'down' && now?.kind.is !== 'hanging') return
      await clock.sleep(now.kind.is === 'down' ? roundTrip : now.left)
      throw networkError('read', 'ECONNRESET')
    },
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
