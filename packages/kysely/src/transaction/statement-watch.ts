import type { SpillwayError } from '@spillway/message'
import { dialectErrorsOf } from '../dialects/all-errors.ts'
import { lateStatement, tookTooLong } from './transaction-function.ts'

/** Watches the statements of a transaction, from the call of its function until COMMIT or ROLLBACK. */
export interface StatementWatch {
  /** The last error of the database, which the function may have swallowed; `undefined` if there was none. */
  readonly refusal: unknown
  /** The first error that the function did not receive, because it ended earlier. */
  readonly undelivered: unknown
  /** Whether a statement ran, or tried to run, in a transaction that the database had already ended. */
  readonly isAborted: boolean
  /** Whether the server rolled the transaction back, but would still accept a COMMIT. Nothing may be committed then. */
  readonly isRolledBack: boolean
  /** The error for a statement that tried to begin after the time limit; `undefined` if there was none. */
  readonly timeOutError: SpillwayError | undefined
  readonly isOpen: boolean
  /** Runs a statement while the function runs. */
  run<T>(statement: () => Promise<T>): Promise<T>
  /** The same as `run`, for a statement whose rows are streamed. */
  stream<T>(open: () => AsyncIterableIterator<T>): AsyncIterableIterator<T>
  /**
   * Ends the phase of the function: no further statement runs. Returns the number of statements that it did not await.
   */
  close(): number
  /** Call it before COMMIT. Returns the number of statements that began after the function had ended. */
  commit(): number
}

/** A refused statement. Its caller gets the error later: see {@link watchStatements}. */
interface Refusal {
  readonly error: unknown
  tell(): void
}

/** The state that the functions of a watch share. */
interface State {
  readonly isOver: () => boolean
  phase: 'open' | 'closed' | 'committing'
  running: number
  /** The number of statements that began after the function had ended. */
  late: number
  refusal: unknown
  isAborted: boolean
  /** Set if further statements would be committed at once, outside of the transaction. Postgres itself refuses them. */
  rolledBack: { readonly error: unknown } | undefined
  timeOutError: SpillwayError | undefined
  readonly held: Refusal[]
  readonly streams: Set<AsyncIterableIterator<unknown>>
}

/**
 * Creates a watch over the statements of a transaction.
 *
 * The caller of a refused statement gets the error when no other statement runs, in a later turn of the event loop. By
 * then a function that does not await the statement may have ended. In that case the transaction is rolled back, and
 * the promise of the statement stays pending, because an unhandled rejection would end the process.
 *
 * The promises of statements that fail or begin after the function has ended stay pending for the same reason. A
 * statement that begins after COMMIT was sent is rejected, because there is no other way to report it.
 *
 * @param isOver whether the time of the transaction is over; then no statement begins, and nothing is committed
 */
export function watchStatements(isOver: () => boolean = () => false): StatementWatch {
  const state: State = {
    isOver,
    phase: 'open',
    running: 0,
    late: 0,
    refusal: undefined,
    isAborted: false,
    rolledBack: undefined,
    timeOutError: undefined,
    held: [],
    streams: new Set(),
  }
  return {
    get refusal() {
      return state.refusal
    },
    get undelivered() {
      return state.held.find(({ error }) => !isOfEndedTransaction(error))?.error
    },
    get isAborted() {
      return state.isAborted || state.rolledBack !== undefined
    },
    get isRolledBack() {
      return state.rolledBack !== undefined
    },
    get timeOutError() {
      return state.timeOutError
    },
    get isOpen() {
      return state.phase === 'open'
    },
    run: (statement) => run(state, statement),
    stream: (open) => stream(state, open),
    close() {
      state.phase = 'closed'
      const unsettled = state.running + state.held.length
      // A transaction can end only after its streams.
      for (const open of state.streams) open.return?.().catch(() => undefined)
      return unsettled
    },
    commit() {
      state.phase = 'committing'
      return state.late
    },
  }
}

async function run<T>(state: State, statement: () => Promise<T>): Promise<T> {
  await begin(state)
  try {
    const before = obstacle(state)
    if (before !== undefined) throw before.error
    const result = await statement()
    end(state)
    return result
  } catch (error) {
    await hold(state, error)
    throw error
  }
}

async function* stream<T>(state: State, open: () => AsyncIterableIterator<T>): AsyncIterableIterator<T> {
  await begin(state)
  const before = obstacle(state)
  if (before !== undefined) {
    await hold(state, before.error)
    throw before.error
  }
  const results = open()
  state.streams.add(results)
  try {
    for await (const result of results) {
      if (state.phase !== 'open') break
      yield result
    }
  } catch (error) {
    if (state.phase === 'open') throw error
  } finally {
    state.streams.delete(results)
    end(state)
  }
  if (state.phase !== 'open') await forever()
}

function begin(state: State): Promise<void> | undefined {
  if (state.phase === 'open') {
    state.running += 1
    return undefined
  }
  if (state.phase === 'committing') return Promise.reject(lateStatement())
  state.late += 1
  return forever()
}

function end(state: State): void {
  state.running -= 1
  tellSoon(state)
}

/** The error with which a statement is rejected before it begins, if any. */
function obstacle(state: State): State['rolledBack'] {
  if (state.rolledBack === undefined && state.isOver()) {
    state.timeOutError = tookTooLong()
    state.rolledBack = { error: state.timeOutError }
  }
  return state.rolledBack
}

async function hold(state: State, error: unknown): Promise<void> {
  if (isOfEndedTransaction(error)) state.isAborted = true
  else state.refusal = error
  if (isRollback(error)) state.rolledBack ??= { error }
  await new Promise<void>((resolve) => {
    state.held.push({ error, tell: resolve })
    end(state)
  })
}

function tellSoon(state: State): void {
  if (state.running === 0 && state.held.length > 0) setImmediate(tellOne, state)
}

function tellOne(state: State): void {
  const { phase, running, held } = state
  if (phase !== 'open' || running > 0) return
  // Statements that were refused because of an earlier one come first. A function that forgot to await the earlier one
  // usually awaits this one and ends. The earlier rejection, which nothing handles, is then never delivered.
  const place = Math.max(
    0,
    held.findLastIndex(({ error }) => isOfEndedTransaction(error)),
  )
  held.splice(place, 1)[0]?.tell()
  tellSoon(state)
}

/** Whether a statement was refused because an earlier error had ended its transaction. */
export function isOfEndedTransaction(error: unknown): boolean {
  return dialectErrorsOf(error)?.isOfEndedTransaction(error) ?? false
}

/** Whether the server rolled the transaction back and would commit each further statement by itself. */
function isRollback(error: unknown): boolean {
  return dialectErrorsOf(error)?.rollsBack(error) ?? false
}

function forever(): Promise<never> {
  return new Promise(() => undefined)
}
