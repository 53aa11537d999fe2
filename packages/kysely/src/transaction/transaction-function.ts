import { isOutcome, type MessageRecord, type Outcome, SpillwayError } from '@spillway/message'
import type { Transaction } from 'kysely'
import { withoutValues } from '../errors/without-values.ts'

/**
 * Applies the effects of messages in a transaction. It returns:
 *
 * - nothing: all messages are done
 * - one outcome for each message, in order. If one is not `done`, the transaction is rolled back, and the function runs
 *   again without that message, so that a parked or retried message has no effect
 */
export type TransactionFunction<DB, Body> = (
  trx: Transaction<DB>,
  messages: readonly MessageRecord<Body>[],
) => Promise<readonly Outcome[] | undefined> | Promise<void>

/**
 * The outcomes, other than `done`, that a function returned, by entry.
 *
 * @throws SpillwayError `SPILLWAY_OUTCOME_INVALID` for an answer that is neither `undefined` nor one outcome for each
 */
export function refusedBy<Entry>(answer: unknown, entries: readonly Entry[]): ReadonlyMap<Entry, Outcome> {
  const refused = new Map<Entry, Outcome>()
  if (answer === undefined) return refused
  if (!Array.isArray(answer) || answer.length !== entries.length || !Array.from(answer).every(isOutcome)) {
    throw new SpillwayError(
      'SPILLWAY_OUTCOME_INVALID',
      `The function of the transaction must return nothing, or one outcome for each of its ${entries.length} messages: done(), retry() or park().`,
    )
  }
  for (const [place, entry] of entries.entries()) {
    if (answer[place].kind !== 'done') refused.set(entry, loggable(answer[place]))
  }
  return refused
}

/** Functions often return a caught error of the database, which quotes the row. */
function loggable<Undone extends Outcome>(outcome: Undone): Undone {
  if (!('cause' in outcome) || !(outcome.cause instanceof Error)) return outcome
  return { ...outcome, cause: withoutValues(outcome.cause) }
}

/** The error for a function that returned before its statements had ended. */
export function notAwaited(statements: number, cause: unknown): SpillwayError {
  const what = statements === 1 ? '1 statement of `trx` was' : `${statements} statements of \`trx\` were`
  return new SpillwayError(
    'SPILLWAY_STATEMENT_NOT_AWAITED',
    `${what} still in flight when the transaction function returned, so nothing is committed: await each of them (forEach with an async function does not wait; use for…of or Promise.all).`,
    cause === undefined ? undefined : { cause },
  )
}

/** The error for a statement that begins after COMMIT was sent. It does not run. */
export function lateStatement(): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_STATEMENT_NOT_AWAITED',
    'A statement of `trx` began after the transaction function had returned and the transaction was committed; it did not run, and its effect is missing: await each use of `trx` (forEach with an async function does not wait; use for…of or Promise.all).',
  )
}

/** The error for a statement that would begin after the time limit of its transaction. */
export function tookTooLong(): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_DEADLINE',
    'The transaction took too long, so nothing of it is committed and its statement did not run: it is tried with fewer messages while time remains.',
  )
}

/** The error for a function that continues after an error that ended its transaction. */
export function swallowed(cause: unknown): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_ERROR_SWALLOWED',
    'The database ended the transaction, and the function swallowed the error, so nothing is committed: do not catch errors of `trx`.',
    cause === undefined ? undefined : { cause },
  )
}

/** The error for a function that ended the transaction itself, by ROLLBACK for example. */
export function endedByFunction(): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_ERROR_SWALLOWED',
    'The transaction ended before its function: the function must not run ROLLBACK, COMMIT or statements that commit by themselves.',
  )
}
