import { retry, SpillwayError } from '@spillway/message'
import { sqlState } from '../dialects/postgres/postgres-errors.ts'
import type { Classify } from '../errors/classify-option.ts'
import { withoutValues } from '../errors/without-values.ts'
import type { Health } from '../isolation/health.ts'
import type { Suspect, Verdict } from '../isolation/isolate.ts'
import { createJudge, ofTheRow } from '../isolation/judge.ts'
import type { Attempt } from '../time/attempt.ts'
import type { StatementLog } from './statement-log.ts'

/** Turns the end of a transaction, with the statements of its function, into a {@link Verdict}. */
export type TransactionJudge = (attempt: Attempt<unknown>, log: StatementLog) => Verdict<Suspect>

/**
 * A judge for transactions: as for statements, but an error that the function throws of its own accord may be one
 * message's fault. It is looked for, within a bound, and delivered again; such an error never parks a message.
 */
export function createTransactionJudge(
  entries: number,
  health: Health,
  classify?: Classify,
): TransactionJudge {
  const judge = createJudge(entries, health, { classify })
  // In a row: what passes between shows that it is not each message.
  const mostDoubts = 4 * Math.ceil(Math.log2(entries + 1)) + 8
  let doubtsLeft = mostDoubts
  return function judgeTransaction(attempt, log) {
    const verdict = judge(attempt)
    if (attempt.kind === 'ok') doubtsLeft = mostDoubts
    if (attempt.kind !== 'failed' || !isOfTheFunction(attempt)) return verdict
    doubtsLeft -= 1
    const cause = thrownByFunction(attempt.error)
    // What a statement failed with for each of several messages is the database's or the driver's.
    const mayBeOutage = entries > 1 && log.hasFailed(attempt.error)
    if (doubtsLeft < 0) {
      const outcome = () => (mayBeOutage ? health.blameless(cause) : retry({ cause }))
      return { step: 'stop', written: false, outcome }
    }
    const outcome = () => (mayBeOutage && !health.isProven ? health.blameless(cause) : ofTheRow(cause))
    const search = mayBeOutage ? health.search() : 'split'
    return { step: search === 'split' ? 'blame' : search, written: false, outcome }
  }
}

/** What is found out about a function that did not throw. */
const mistakes: ReadonlySet<string> = new Set(['SPILLWAY_STATEMENT_NOT_AWAITED', 'SPILLWAY_ERROR_SWALLOWED'])

function isOfTheFunction({ failure, error }: Extract<Attempt<unknown>, { kind: 'failed' }>): boolean {
  const ours = error instanceof SpillwayError && error.code === 'SPILLWAY_OUTCOME_INVALID'
  return failure === 'unknown' && sqlState(error) === undefined && !ours
}

function thrownByFunction(error: unknown): SpillwayError {
  const known = withoutValues(error)
  if (known instanceof SpillwayError && mistakes.has(known.code)) return known
  return new SpillwayError(
    'SPILLWAY_WRITE_FAILED',
    'The function of the transaction threw; nothing of the transaction is committed.',
    { cause: known },
  )
}
