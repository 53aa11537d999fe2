import type { Outcome } from '@spillway/message'
import { errorsWithin, isUnavailableOutcome as isUnavailable } from '@spillway/message/internal'

export { isUnavailableOutcome as isUnavailable } from '@spillway/message/internal'

/** Whether waiting inside the invocation is worth it: a retry that names its time has decided otherwise. */
export function isHeldFor(outcome: Outcome): boolean {
  return isUnavailable(outcome) && outcome.after === undefined
}

/** Whether something was thrown because a signal aborted: its reason or an `AbortError`, or an error above one of them. */
export function isAbort(thrown: unknown, { reason }: AbortSignal): boolean {
  return errorsWithin(thrown).some((error) => error === reason || error.name === 'AbortError')
}
