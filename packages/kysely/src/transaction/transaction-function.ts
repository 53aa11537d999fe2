import { isOutcome, type MessageRecord, type Outcome, SpillwayError } from '@spillway/message'
import type { Transaction } from 'kysely'
import { withoutValues } from '../errors/without-values.ts'

/**
 * Applies the effects of messages in a transaction. What it answers:
 *
 * - nothing: all are done
 * - one outcome for each message, in order: when one is not `done`, the transaction is rolled back and the function
 *   runs again without that one, so that a message that is parked or retried leaves no trace
 */
export type TransactionFunction<DB, Body> = (
  trx: Transaction<DB>,
  messages: readonly MessageRecord<Body>[],
) => Promise<readonly Outcome[] | undefined> | Promise<void>

/**
 * The outcomes of those entries that a function does not want to be done.
 *
 * @throws SpillwayError `SPILLWAY_OUTCOME_INVALID` for an answer that is neither nothing nor one outcome for each
 */
export function refusedBy<Entry>(answer: unknown, entries: readonly Entry[]): ReadonlyMap<Entry, Outcome> {
  const refused = new Map<Entry, Outcome>()
  if (answer === undefined) return refused
  if (!Array.isArray(answer) || answer.length !== entries.length || !Array.from(answer).every(isOutcome)) {
    throw new SpillwayError(
      'SPILLWAY_OUTCOME_INVALID',
      `The function of the transaction must answer nothing, or one outcome for each of its ${entries.length} messages: done(), retry() or park().`,
    )
  }
  for (const [place, entry] of entries.entries()) {
    if (answer[place].kind !== 'done') refused.set(entry, loggable(answer[place]))
  }
  return refused
}

/** Many answer the error of the database that they caught: it quotes the row. */
function loggable<Undone extends Outcome>(outcome: Undone): Undone {
  if (!('cause' in outcome) || !(outcome.cause instanceof Error)) return outcome
  return { ...outcome, cause: withoutValues(outcome.cause) }
}

/** For a function that ended before its statements: what they would do is not known, or comes after COMMIT. */
export function notAwaited(statements: number, cause: unknown): SpillwayError {
  const what = statements === 1 ? '1 statement of `trx` was' : `${statements} statements of \`trx\` were`
  return new SpillwayError(
    'SPILLWAY_STATEMENT_NOT_AWAITED',
    `${what} still in flight when the transaction function returned, so nothing is committed: await each of them (forEach with an async function does not wait; use for…of or Promise.all).`,
    cause === undefined ? undefined : { cause },
  )
}

/** For a statement that begins when COMMIT was sent. It does not run. */
export function lateStatement(): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_STATEMENT_NOT_AWAITED',
    'A statement of `trx` began after the transaction function had returned and the transaction was committed; it did not run, and its effect is missing: await all that uses `trx` (forEach with an async function does not wait; use for…of or Promise.all).',
  )
}

/** For a statement that was to begin when the time of its transaction was over. */
export function tookTooLong(): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_DEADLINE',
    'The transaction took too long, so nothing of it is committed and its statement did not run: it is tried with fewer messages while time remains.',
  )
}

/** For a function that goes on after an error that ended its transaction. */
export function swallowed(cause: unknown): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_ERROR_SWALLOWED',
    'The database ended the transaction, and the function swallowed the error, so nothing is committed: let errors of `trx` through.',
    cause === undefined ? undefined : { cause },
  )
}

/** For a function that ran a ROLLBACK itself, for example. */
export function endedByFunction(): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_ERROR_SWALLOWED',
    'The transaction ended before its function: the function must not run ROLLBACK, COMMIT or statements that commit by themselves.',
  )
}
