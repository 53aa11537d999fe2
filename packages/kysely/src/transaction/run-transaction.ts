import { type Outcome, SpillwayError } from '@spillway/message'
import type { IsolationLevel, Kysely, Transaction } from 'kysely'
import type { Dialect } from '../dialects/dialect.ts'
import { classifyError, databaseWords, decide, isTimeOut } from '../errors/classify-error.ts'
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

/** What a transaction needs beside its entries. */
export interface TransactionContext<DB, Body> {
  readonly db: Kysely<DB>
  readonly dialect: Dialect
  readonly inbox: Inbox
  readonly transaction: TransactionFunction<DB, Body>
  readonly isolationLevel: IsolationLevel | undefined
  readonly deadline: Deadline
  /** Collects the entries that the inbox knew: their outcome was decided before. */
  readonly known: Set<Entry<Body>>
}

/** How a transaction ended without an error. */
export type Ending<Body> =
  /** The effects of all entries are committed: of known entries, since before. */
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
 * Runs the function for entries of one consumer, with their keys, in one transaction.
 *
 * Rejects with what the driver or the function throws; nothing is committed then, unless the connection was lost while
 * the COMMIT was in flight. Another run shows it: committed keys are in the inbox.
 *
 * @param log gets the statements of the function
 * @param slice how long it may take: no statement of the function begins after that, and nothing is committed
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
      // The caller no longer waits: messages that are committed now would count as not done.
      if (deadline.passed()) throw tooLate('before the transaction was committed')
      const late = watch.commit()
      if (late > 0) throw notAwaited(late, undefined)
      return { kind: 'committed', known: claim.known }
    })
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'refused', outcomes: error.outcomes }
    if (!hasBegun && isOfNoDatabase(error)) throw notBegun(error)
    // The transaction itself holds a connection: the function would wait for another one each time.
    if (hasBegun && classifyError(error) === 'busy') throw asDeadlock(error)
    // Some drivers report a rollback as an error of COMMIT.
    throw error instanceof Error && error.name === 'AbortedTransactionError' ? swallowed(error) : error
  }
}

/**
 * Runs the function, and checks that its work is complete: it awaited its statements, and the transaction is still the
 * one that holds the keys.
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
    if (watch.outOfTime !== undefined) throw watch.outOfTime
    const refused = refusedBy(answer, fresh)
    // A time-out is not the fault of a message, whatever the function returns.
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
    if (watch.outOfTime !== undefined) throw watch.outOfTime
    if (!isOfEndedTransaction(decide(error).error)) throw error
    if (isTimeOut(watch.refusal)) throw watch.refusal
    // The function has not received this error yet.
    throw watch.undelivered ?? swallowed(watch.refusal ?? error)
  }
}

function isOfNoDatabase(error: unknown): boolean {
  return (
    !(error instanceof SpillwayError) &&
    classifyError(error) === 'unknown' &&
    databaseWords(decide(error).error) === undefined
  )
}

function notBegun(cause: unknown): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_WRITE_FAILED',
    'No transaction could begin: the pool gave no connection. The cause says why.',
    { cause },
  )
}

function tooLate(when: string): SpillwayError {
  return new SpillwayError('SPILLWAY_DEADLINE', `The time ran out ${when}.`)
}
