import { type Outcome, SpillwayError } from '@spillway/message'
import type { IsolationLevel, Kysely, Transaction } from 'kysely'
import type { Dialect } from '../dialects/dialect.ts'
import { classifyError, decide, describeDatabaseError, isTimeOut } from '../errors/classify-error.ts'
import { asDeadlock } from '../errors/connections-busy.ts'
import type { Inbox, InboxClaim, KnownKeys } from '../inbox/inbox.ts'
import type { Deadline } from '../time/deadline.ts'
import type { TimeSlice } from '../time/time-slice.ts'
import type { StatementLog } from './statement-log.ts'
import { isOfEndedTransaction, type StatementWatch } from './statement-watch.ts'
import type { Entry } from './transaction-entry.ts'
import {
  endedByFunction,
  notAwaited,
  refusedBy,
  swallowed,
  type TransactionFunction,
} from './transaction-function.ts'
import { watchTransaction } from './watched-transaction.ts'

/** The parameters of a transaction, other than its entries. */
export interface TransactionContext<DB, Body> {
  readonly db: Kysely<DB>
  readonly dialect: Dialect
  readonly inbox: Inbox
  readonly transaction: TransactionFunction<DB, Body>
  readonly isolationLevel: IsolationLevel | undefined
  readonly deadline: Deadline
  /** Collects the entries that are already in the inbox: their outcome was decided before. */
  readonly known: Set<Entry<Body>>
}

/** The end of a transaction without an error. */
export type Ending<Body> =
  /** The effects of all entries are committed; those of known entries were committed before. */
  | { readonly kind: 'committed'; readonly known: KnownKeys }
  /** Nothing is committed: the function returned another outcome for some entries. */
  | { readonly kind: 'refused'; readonly outcomes: ReadonlyMap<Entry<Body>, Outcome> }

/** Thrown to roll back a transaction. */
class Refusal<Body> extends Error {
  readonly outcomes: ReadonlyMap<Entry<Body>, Outcome>

  constructor(outcomes: ReadonlyMap<Entry<Body>, Outcome>) {
    super('the function refuses messages')
    this.outcomes = outcomes
  }
}

/**
 * Runs the function for entries of one consumer in one transaction, together with their keys.
 *
 * Rejects with what the driver or the function throws. Then nothing is committed, unless the connection was lost while
 * the COMMIT was in flight. Another run shows that: committed keys are in the inbox.
 *
 * @param log records the statements of the function
 * @param slice the time limit: after it no statement of the function begins, and nothing is committed
 */
export async function runTransaction<DB, Body>(
  context: TransactionContext<DB, Body>,
  entries: readonly Entry<Body>[],
  log: StatementLog,
  slice: TimeSlice,
): Promise<Ending<Body>> {
  const { db, dialect, inbox, transaction, isolationLevel, deadline } = context
  const consumer = entries[0]?.consumer ?? ''
  const sorted = entries.toSorted((a, b) => (a.key < b.key ? -1 : 1))
  const builder =
    isolationLevel === undefined ? db.transaction() : db.transaction().setIsolationLevel(isolationLevel)
  let hasBegun = false
  try {
    return await builder.execute(async (trx) => {
      hasBegun = true
      if (deadline.passed()) throw tooLate('before a connection was free')
      const plain = trx.withoutPlugins() as unknown as Kysely<never>
      const idle = deadline.left()
      await dialect.time.limitTransaction(plain, { left: slice.left(), idle, endsLockWaits: true })
      const claim = await inbox.claim(plain, consumer, sorted, slice.left)
      const fresh = entries.filter(({ key }) => !claim.known.has(key))
      const { trx: watched, watch } = watchTransaction(trx, log, () => slice.isOver())
      if (fresh.length > 0) await runFunction(watched, watch, transaction, fresh, claim)
      // The caller no longer waits, so messages that are committed now would count as not done.
      if (deadline.passed()) throw tooLate('before the transaction was committed')
      const late = watch.commit()
      if (late > 0) throw notAwaited(late, undefined)
      return { kind: 'committed', known: claim.known }
    })
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'refused', outcomes: error.outcomes }
    if (!hasBegun && isOfNoDatabase(error)) throw notBegun(error)
    // The transaction itself holds a connection, so the function would wait for another one each time.
    if (hasBegun && classifyError(error) === 'busy') throw asDeadlock(error)
    // Some drivers report the rollback as an error of COMMIT.
    throw error instanceof Error && error.name === 'AbortedTransactionError' ? swallowed(error) : error
  }
}

/**
 * Runs the function, and checks that its work is complete: it has awaited its statements, and the transaction is still
 * the one that holds the keys.
 */
async function runFunction<DB, Body>(
  trx: Transaction<DB>,
  watch: StatementWatch,
  transaction: TransactionFunction<DB, Body>,
  fresh: readonly Entry<Body>[],
  claim: InboxClaim,
): Promise<void> {
  const messages = fresh.map(({ message }) => message)
  let unsettled = 0
  async function answerOfFunction(): Promise<unknown> {
    try {
      return await transaction(trx, messages)
    } finally {
      unsettled = watch.close()
    }
  }
  try {
    const answer = await answerOfFunction()
    if (watch.timeOutError !== undefined) throw watch.timeOutError
    const refused = refusedBy(answer, fresh)
    // A time-out is not the fault of a message, regardless of the function's answer.
    if (refused.size > 0 && isTimeOut(watch.refusal)) throw watch.refusal
    // In an aborted transaction a message may have been refused because of another one.
    const isOfOthers = watch.isAborted && fresh.length > 1
    if (refused.size > 0 && !isOfOthers) throw new Refusal(refused)
    if (unsettled > 0) throw notAwaited(unsettled, watch.undelivered)
    const isOurs = !watch.isRolledBack && (await claim.holds(fresh[0]?.key ?? ''))
    if (!isOurs) throw watch.refusal === undefined ? endedByFunction() : swallowed(watch.refusal)
    // The function rolled back to a savepoint.
    if (refused.size > 0) throw new Refusal(refused)
  } catch (error) {
    if (watch.timeOutError !== undefined) throw watch.timeOutError
    if (!isOfEndedTransaction(decide(error).error)) throw error
    if (isTimeOut(watch.refusal)) throw watch.refusal
    // The function has not received an undelivered error.
    throw watch.undelivered ?? swallowed(watch.refusal ?? error)
  }
}

function isOfNoDatabase(error: unknown): boolean {
  return (
    !(error instanceof SpillwayError) &&
    classifyError(error) === 'unknown' &&
    describeDatabaseError(decide(error).error) === undefined
  )
}

function notBegun(cause: unknown): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_WRITE_FAILED',
    'No transaction could begin: the pool provided no connection. The cause has the reason.',
    { cause },
  )
}

function tooLate(when: string): SpillwayError {
  return new SpillwayError('SPILLWAY_DEADLINE', `The time ran out ${when}.`)
}
