import {
  isOutcome,
  type Logger,
  type MessageRecord,
  type Outcome,
  retry,
  SpillwayError,
  toError,
} from '@spillway/message'
import { isAbort, isUnavailable } from './outage.ts'
import { deadlineError } from './settled-result.ts'

/** Returns the outcome of a record whose handler threw. */
export type ErrorPolicy<Body = unknown> = (error: Error, record: MessageRecord<Body>) => Outcome

/**
 * Wraps a policy for one batch so that it never throws: a policy that throws or returns no outcome makes the record a
 * retry. It is not called for what a handler threw because its time was over, which says nothing about the record.
 */
export function quietPolicy<Body>(policy: ErrorPolicy<Body> | undefined, logger: Logger) {
  let hasThrown = false
  /** Once for each batch: a policy with a bug throws for each record. */
  function complain(error: unknown): void {
    if (!hasThrown) logger.error('spillway: `onError` of a batch threw', { error: toError(error) })
    hasThrown = true
  }
  /** @param signal the one that the handler had */
  return function outcomeOfError(thrown: unknown, record: MessageRecord<Body>, signal: AbortSignal): Outcome {
    const error = toError(thrown)
    if (signal.aborted && isAbort(thrown, signal) && !isUnavailable(retry({ cause: error }))) {
      return retry({ cause: deadlineError() })
    }
    if (policy === undefined) return retry({ cause: error })
    try {
      const outcome: unknown = policy(error, record)
      if (isOutcome(outcome)) return outcome
      if (outcome instanceof Promise) outcome.catch(complain)
      return retry({ cause: outcomeInvalid(`\`onError\` gave ${nameOf(outcome)}.`, error) })
    } catch (thrownByPolicy) {
      complain(thrownByPolicy)
      return retry({ cause: outcomeInvalid('`onError` threw; the log has its error.', error) })
    }
  }
}

/** The outcome in an answer for one record. Anything else is a retry. */
export function toOutcome(answer: unknown, whose: string): Outcome {
  if (isOutcome(answer)) return answer
  ignoreRejection(answer)
  return retry({ cause: outcomeInvalid(`${whose} gave ${nameOf(answer)}.`) })
}

/** The outcomes in a writer's answer, one for each record. Anything else is a retry. */
export function toOutcomes(answer: unknown, count: number): readonly Outcome[] {
  if (!Array.isArray(answer) || answer.length !== count) {
    if (Array.isArray(answer)) answer.forEach(ignoreRejection)
    const got = Array.isArray(answer) ? `${answer.length} outcomes` : 'no list of outcomes'
    const cause = outcomeInvalid(`The writer gave ${got} for ${count} records.`)
    return new Array<Outcome>(count).fill(retry({ cause }))
  }
  const outcomes: Outcome[] = []
  // Not `map`, which skips the holes of a list.
  for (let index = 0; index < count; index++) outcomes.push(toOutcome(answer[index], 'The writer'))
  return outcomes
}

function nameOf(answer: unknown): string {
  if (answer instanceof Promise) return 'a promise in place of an outcome'
  return answer === undefined ? 'nothing' : 'something that is not an outcome'
}

function outcomeInvalid(message: string, cause?: Error): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_OUTCOME_INVALID',
    `${message} Return done(), retry() or park() for each record.`,
    cause && { cause },
  )
}

/**
 * Handles the rejection of a promise that was returned by mistake, by an asynchronous policy or a writer without
 * `Promise.all`: an unhandled rejection ends the process.
 */
function ignoreRejection(value: unknown): void {
  if (value instanceof Promise) value.catch(() => undefined)
}
