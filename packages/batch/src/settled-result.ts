import { type Outcome, SpillwayError, toError } from '@spillway/message'

/** The cause of a retry for which no time was left. */
export function deadlineError(): SpillwayError {
  return new SpillwayError('SPILLWAY_DEADLINE', 'The invocation ran out of time before the record was done.')
}

const fulfilled: PromiseFulfilledResult<undefined> = Object.freeze({ status: 'fulfilled', value: undefined })

/** The settled result of a record, from which a middleware makes `batchItemFailures`. */
export function toSettledResult(outcome: Outcome): PromiseSettledResult<undefined> {
  if (outcome.kind !== 'retry') return fulfilled
  return { status: 'rejected', reason: toError(outcome.cause ?? new Error('the writer asked for a retry')) }
}
