import { type Outcome, SpillwayError, toError } from '@spillway/message'

/** Why a record is returned that nobody had the time for. */
export function deadlineError(): SpillwayError {
  return new SpillwayError('SPILLWAY_DEADLINE', 'The invocation ran out of time before the record was done.')
}

const fulfilled: PromiseFulfilledResult<undefined> = Object.freeze({ status: 'fulfilled', value: undefined })

/** What a middleware turns into `batchItemFailures`. */
export function toSettledResult(outcome: Outcome): PromiseSettledResult<undefined> {
  if (outcome.kind !== 'retry') return fulfilled
  return { status: 'rejected', reason: toError(outcome.cause ?? new Error('the writer asked for a retry')) }
}
