import type { SpillwayError } from '@spillway/message'
import { isSignalled, mysqlNumber } from '../dialects/mysql/mysql-errors.ts'
import { sqlState } from '../dialects/postgres/postgres-errors.ts'
import { lateStatement, tookTooLong } from './function-mistakes.ts'

/** Watches the statements of one transaction, from the call of its function until COMMIT or ROLLBACK. */
export interface StatementWatch {
  /** What the database last refused, and the function may have swallowed; `undefined` when it refused nothing. */
  readonly refusal: unknown
  /** The first refusal that was not given to the function, because the function ended before. */
  readonly undelivered: unknown
  /** Whether a statement ran, or was to run, in a transaction that the database had ended already. */
  readonly isAborted: boolean
  /** Whether a server that does not see to it itself rolled the transaction back: nothing of it can be committed. */
  readonly isRolledBack: boolean
  /** The error for a statement that was to begin when the time was over; `undefined` where none was. */
  readonly outOfTime: SpillwayError | undefined
  readonly isOpen: boolean
  /** Runs a statement while the function runs. */
  run<T>(statement: () => Promise<T>): Promise<T>
  /** As `run`, for a statement whose rows are read one after the other. */
  stream<T>(open: () => AsyncIterableIterator<T>): AsyncIterableIterator<T>
  /** The function ended: no other statement runs. Answers how many statements it did not wait for. */
  close(): number
  /** The transaction is committed next. Answers how many statements came since the function ended. */
  commit(): number
}

/** A statement that was refused. Its caller is told later: see {@link watchStatements}. */
interface Refusal {
  readonly error: unknown
  tell(): void
}

/**
 * A watch over the statements of a transaction.
 *
 * A refusal is told to its caller when no other statement runs, in a later turn of the event loop. By then a function that
 * does not wait for the statement may have ended. The transaction is rolled back in that case, and the promise of the
 * statement stays pending: nobody handles its rejection, which would end the process.
 *
 * The promises of statements that fail or begin after the function has ended stay pending for the same reason. A
 * statement that begins after COMMIT was sent is rejected: it is too late for any other way to tell.
 *
 * @param isOver whether the time of the transaction is over: no statement begins then, and nothing is committed
 */
export function watchStatements(isOver: () => boolean = () => false): StatementWatch {
  let state: 'open' | 'closed' | 'committing' = 'open'
  let running = 0
  let late = 0
  let refusal: unknown
  let isAborted = false
  // Beside Postgres, which sees to it itself: what would be committed at once, outside of the transaction.
  let rolledBack: { readonly error: unknown } | undefined
  let outOfTime: SpillwayError | undefined
  const held: Refusal[] = []
  const streams = new Set<AsyncIterableIterator<unknown>>()

  function begin(): Promise<void> | undefined {
    if (state === 'open') {
      running += 1
      return undefined
    }
    if (state === 'committing') return Promise.reject(lateStatement())
    late += 1
    return forever()
  }

  /** What a statement that is to begin is rejected with, if anything. */
  function obstacle(): { readonly error: unknown } | undefined {
    if (rolledBack === undefined && isOver()) {
      outOfTime = tookTooLong()
      rolledBack = { error: outOfTime }
    }
    return rolledBack
  }

  function end(): void {
    running -= 1
    tellSoon()
  }

  async function hold(error: unknown): Promise<void> {
    if (isOfAborted(error)) isAborted = true
    else refusal = error
    if (isRollback(error)) rolledBack ??= { error }
    await new Promise<void>((resolve) => {
      held.push({ error, tell: resolve })
      end()
    })
  }

  function tellSoon(): void {
    if (running === 0 && held.length > 0) setImmediate(tellOne)
  }

  function tellOne(): void {
    if (state !== 'open' || running > 0) return
    // The last of those that were refused because of another one first. In most cases a function that forgot to wait for
    // the other one waits for this one, and ends: then the other's rejection, which nobody handles, is never told.
    const place = Math.max(
      0,
      held.findLastIndex(({ error }) => isOfAborted(error)),
    )
    held.splice(place, 1)[0]?.tell()
    tellSoon()
  }

  return {
    get refusal() {
      return refusal
    },
    get undelivered() {
      return held.find(({ error }) => !isOfAborted(error))?.error
    },
    get isAborted() {
      return isAborted || rolledBack !== undefined
    },
    get isRolledBack() {
      return rolledBack !== undefined
    },
    get outOfTime() {
      return outOfTime
    },
    get isOpen() {
      return state === 'open'
    },
    async run(statement) {
      await begin()
      try {
        const before = obstacle()
        if (before !== undefined) throw before.error
        const result = await statement()
        end()
        return result
      } catch (error) {
        await hold(error)
        throw error
      }
    },
    async *stream(open) {
      await begin()
      const before = obstacle()
      if (before !== undefined) {
        await hold(before.error)
        throw before.error
      }
      const results = open()
      streams.add(results)
      try {
        for await (const result of results) {
          if (state !== 'open') break
          yield result
        }
      } catch (error) {
        if (state === 'open') throw error
      } finally {
        streams.delete(results)
        end()
      }
      if (state !== 'open') await forever()
    },
    close() {
      state = 'closed'
      const unsettled = running + held.length
      // The end of a transaction waits for the end of its streams.
      for (const stream of streams) stream.return?.().catch(() => undefined)
      return unsettled
    },
    commit() {
      state = 'committing'
      return late
    },
  }
}

/** Whether Postgres refuses a statement because it refused one before, which ended the transaction. */
export function isOfAborted(error: unknown): boolean {
  return sqlState(error) === '25P02'
}

/**
 * Whether a server of MySQL rolled the transaction back by itself: after a deadlock (1213), without room for more locks
 * (1206), after a conflict of snapshots (1020). What comes next would be committed statement by statement.
 */
function isRollback(error: unknown): boolean {
  const number = mysqlNumber(error)
  return (number === 1213 || number === 1206 || number === 1020) && !isSignalled(error)
}

function forever(): Promise<never> {
  return new Promise(() => undefined)
}
