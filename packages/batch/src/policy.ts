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

/** Decides what becomes of a record whose handler threw. */
export type ErrorPolicy<Body = unknown> = (error: Error, record: MessageRecord<Body>) => Outcome

/**
 * A policy that never throws, for one batch: one that does, or answers no outcome, has decided nothing, and the record is
 * retried. It is not asked for what a handler threw because its time was over: that says nothing about the record.
 */
export function quietPolicy<Body>(policy: ErrorPolicy<Body> | undefined, logger: Logger) {
  let hasThrown = false
  /** Once a batch: a policy with a bug throws for each record. */
  function complain(error: unknown): void {
    if (!hasThrown) logger.error('spillway: `onError` of a batch threw', { error: toError(error) })
    hasThrown = true
  }
  /** @param signal the one that the handler had */
  return function judge(thrown: unknown, record: MessageRecord<Body>, signal: AbortSignal): Outcome {
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

/** An answer for one record as its outcome: whatever is none counts as "not done". */
export function toOutcome(answer: unknown, whose: string): Outcome {
  if (isOutcome(answer)) return answer
  ignoreRejection(answer)
  return retry({ cause: outcomeInvalid(`${whose} gave ${nameOf(answer)}.`) })
}

/** A writer's answer as one outcome per record. Whatever is not an outcome counts as "not done". */
export function toOutcomes(answer: unknown, count: number): readonly Outcome[] {
  if (!Array.isArray(answer) || answer.length !== count) {
    if (Array.isArray(answer)) answer.forEach(ignoreRejection)
    const got = Array.isArray(answer) ? `${answer.length} outcomes` : 'no list of outcomes'
    const cause = outcomeInvalid(`The writer gave ${got} for ${count} records.`)
    return new Array<Outcome>(count).fill(retry({ cause }))
  }
  const outcomes: Outcome[] = []
  // A list may have holes, which `map` leaves out.
  for (let index = 0; index < count; index++) outcomes.push(toOutcome(answer[index], 'The writer'))
  return outcomes
}

function nameOf(answer: unknown): string {
  if (answer instanceof Promise) return 'a promise in place of an outcome'
  return answer === undefined ? 'nothing' : 'something that is no outcome'
}

function outcomeInvalid(message: string, cause?: Error): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_OUTCOME_INVALID',
    `${message} Answer done(), retry() or park() for each.`,
    cause && { cause },
  )
}

/**
 * What is a promise by mistake (of an asynchronous policy, of a writer without `Promise.all`) must not end the process
 * with a rejection that nobody handles.
 */
function ignoreRejection(value: unknown): void {
  if (value instanceof Promise) value.catch(() => undefined)
}
