import { retry, SpillwayError } from '@spillway/message'
import type { Kysely } from 'kysely'
import { dialectErrorsOf } from '../dialects/all-errors.ts'
import type { ErrorOrigin } from '../dialects/error-origin.ts'
import type { Schema } from '../dialects/table.ts'
import { decide } from '../errors/classify-error.ts'
import type { Classify } from '../errors/classify-option.ts'
import { refusal } from '../errors/describe-error.ts'
import { withoutValues } from '../errors/without-values.ts'
import { createAssessor, ofTheRow } from '../isolation/assessor.ts'
import { attributeFailure } from '../isolation/attribute-failure.ts'
import type { Health } from '../isolation/health.ts'
import type { Assessment, Candidate } from '../isolation/isolate.ts'
import type { Attempt } from '../time/attempt.ts'
import type { TransactionContext } from './run-transaction.ts'
import type { StatementLog, Suspects } from './statement-log.ts'

/** Assesses the result of a transaction, with the statements of its function. */
export type TransactionAssessor = (attempt: Attempt<unknown>, log: StatementLog) => Assessment<Candidate>

/**
 * Creates the assessor of transactions. It works as for statements, but a single message may cause an error that the
 * function itself throws. That message is searched for, within a bound, and retried; it is never parked for the error.
 */
export function createTransactionAssessor(
  entries: number,
  health: Health,
  classify?: Classify,
): TransactionAssessor {
  const assess = createAssessor(entries, health, { classify })
  // Counts consecutive failures: a success in between shows that not every message fails.
  const mostDoubts = 4 * Math.ceil(Math.log2(entries + 1)) + 8
  let doubtsLeft = mostDoubts
  return function assessTransaction(attempt, log) {
    const assessment = assess(attempt)
    if (attempt.kind === 'ok') doubtsLeft = mostDoubts
    if (attempt.kind !== 'failed' || !isOfTheFunction(attempt)) return assessment
    doubtsLeft -= 1
    const cause = thrownByFunction(attempt.error)
    // If a statement fails with an error for each of several messages, the database or the driver causes it.
    const mayBeOutage = entries > 1 && log.hasFailed(attempt.error)
    if (doubtsLeft < 0) {
      const outcome = () => (mayBeOutage ? health.notAtFault(cause) : retry({ cause }))
      return { step: 'stop', written: false, outcome }
    }
    const outcome = () => (mayBeOutage && !health.isProven ? health.notAtFault(cause) : ofTheRow(cause))
    const search = mayBeOutage ? health.search() : 'split'
    return { step: search === 'split' ? 'isolate' : search, written: false, outcome }
  }
}

/** Mistakes of a function that did not throw. */
const mistakes: ReadonlySet<string> = new Set(['SPILLWAY_STATEMENT_NOT_AWAITED', 'SPILLWAY_ERROR_SWALLOWED'])

function isOfTheFunction({ failure, error }: Extract<Attempt<unknown>, { kind: 'failed' }>): boolean {
  const ours = error instanceof SpillwayError && error.code === 'SPILLWAY_OUTCOME_INVALID'
  return failure === 'unknown' && dialectErrorsOf(error)?.hasClasses !== true && !ours
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

type Place = Pick<TransactionContext<unknown, unknown>, 'db' | 'dialect' | 'deadline'>

/**
 * Finds the origin of an error before a message is parked for it. Create one for each batch: it asks the database once
 * for the same error of the same statements.
 *
 * If COMMIT failed, because of a deferred constraint, each statement may have caused the error. If the text of a
 * statement does not show what it supplies, no message is parked.
 */
export function createTransactionAttribution(
  place: Place,
): <T>(result: Attempt<T>, log: StatementLog) => Promise<Attempt<T>> {
  const known = new Map<string, Promise<ErrorOrigin>>()
  function ask(thrown: unknown, log: StatementLog): Promise<ErrorOrigin> {
    const { code, detail } = refusal(thrown)
    const { error } = decide(thrown)
    const suspects = log.suspects(error)
    const id = JSON.stringify([code, detail, dialectErrorsOf(error)?.placeOf(error), suspects.id])
    const asked = known.get(id) ?? originOf(thrown, suspects, place).catch((): ErrorOrigin => 'unsure')
    known.set(id, asked)
    return asked
  }

  return function attribute(result, log) {
    return attributeFailure(result, (error) => ask(error, log))
  }
}

async function originOf(
  thrown: unknown,
  suspects: Suspects,
  { db, dialect, deadline }: Place,
): Promise<ErrorOrigin> {
  const { error } = decide(thrown)
  const known = dialectErrorsOf(error)?.originOf(error, suspects.hasParameters)
  if (known !== undefined) return known
  const writes = suspects.writes()
  if (writes === undefined || writes.length === 0) return 'unsure'
  const plain = db.withoutPlugins() as unknown as Kysely<Schema>
  const found = new Set<ErrorOrigin>()
  for (const { table, isUpdate, ...write } of writes) {
    const into = table.schema === undefined ? table.name : `${table.schema}.${table.name}`
    const answer = await dialect.errorOrigin(thrown, { db: plain, into, table, isUpdate, ...write, deadline })
    // The values of a statement are not known.
    const one = typeof answer === 'string' ? answer : 'unsure'
    // If other statements may have caused the error, an update that does not set the columns did not.
    if (one !== 'database' || !isUpdate || writes.length === 1) found.add(one)
  }
  found.delete('elsewhere')
  const [only = 'unsure', another] = found
  return another === undefined ? only : 'unsure'
}
