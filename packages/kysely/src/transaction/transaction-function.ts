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
