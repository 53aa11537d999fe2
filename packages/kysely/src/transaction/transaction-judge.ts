import { type Outcome, SpillwayError } from '@spillway/message'
import type { Classify } from '../errors/classify-option.ts'
import { sqlState } from '../errors/postgres-errors.ts'
import { withoutValues } from '../errors/without-values.ts'
import type { Suspect, Verdict } from '../isolation/isolate.ts'
import { createJudge, type Judge, ofTheRow } from '../isolation/judge.ts'
import type { Attempt } from '../time/attempt.ts'

/**
 * A judge for transactions: as for statements, but an error that the function throws of its own accord may be one
 * message's fault. It is looked for, within a bound, and delivered again; such an error never parks a message.
 */
export function createTransactionJudge(entries: number, random: () => number, classify?: Classify): Judge {
  const judge = createJudge(entries, random, { classify })
  // In a row: what passes between shows that it is not each message.
  const mostDoubts = 4 * Math.ceil(Math.log2(entries + 1)) + 8
  let doubtsLeft = mostDoubts
  return function judgeTransaction(attempt) {
    const verdict = judge(attempt)
    if (attempt.kind === 'ok') doubtsLeft = mostDoubts
    if (attempt.kind !== 'failed' || !isOfTheFunction(attempt)) return verdict
    doubtsLeft -= 1
    return thrownByFunction(verdict, attempt.error, doubtsLeft >= 0)
  }
}

/** What is found out about a function that did not throw. */
const mistakes: ReadonlySet<string> = new Set(['SPILLWAY_STATEMENT_NOT_AWAITED', 'SPILLWAY_ERROR_SWALLOWED'])

function isOfTheFunction({ failure, error }: Extract<Attempt<unknown>, { kind: 'failed' }>): boolean {
  const ours = error instanceof SpillwayError && error.code === 'SPILLWAY_OUTCOME_INVALID'
  return failure === 'unknown' && sqlState(error) === undefined && !ours
}

function thrownByFunction(
  verdict: Verdict<Suspect>,
  error: unknown,
  mayBeOfAMessage: boolean,
): Verdict<Suspect> {
  const known = withoutValues(error)
  const cause =
    known instanceof SpillwayError && mistakes.has(known.code)
      ? known
      : new SpillwayError(
          'SPILLWAY_WRITE_FAILED',
          'The function of the transaction threw; nothing of the transaction is committed.',
          { cause: known },
        )
  const retried = (entry: Suspect): Outcome => ({ ...verdict.outcome(entry), cause }) as Outcome
  if (!mayBeOfAMessage) return { ...verdict, step: 'stop', outcome: retried }
  return { ...verdict, step: 'blame', outcome: (entry) => ofTheRow(retried(entry)) }
}
