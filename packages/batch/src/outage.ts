import type { Outcome } from '@spillway/message'
import { errorsWithin, isUnavailableOutcome as isUnavailable } from '@spillway/message/internal'

export { isUnavailableOutcome as isUnavailable } from '@spillway/message/internal'

/** Whether waiting inside the invocation is worth it: a retry that names its time has decided otherwise. */
export function isHeldFor(outcome: Outcome): boolean {
  return isUnavailable(outcome) && outcome.after === undefined
}

/** So many records in a row, with none done between them, say that it is an outage and not the fault of some. */
const leastFailuresOfOutage = 5

/**
 * After how many failures in a row the rest of the records is not begun.
 *
 * @param isPartial whether only a part of what they need is down: then no number of failures says anything of the others
 */
export function failuresOfOutage(concurrency: number, isPartial: boolean): number {
  return isPartial ? Number.POSITIVE_INFINITY : Math.max(leastFailuresOfOutage, concurrency)
}

/** Whether something was thrown because a signal aborted: its reason or an `AbortError`, or an error above one of them. */
export function isAbort(thrown: unknown, { reason }: AbortSignal): boolean {
  return errorsWithin(thrown).some((error) => error === reason || error.name === 'AbortError')
}
