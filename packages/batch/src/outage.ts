import type { Outcome, RetryOutcome } from '@spillway/message'

/** How far causes are followed: an ORM may wrap the writer's error in its own. */
const deepest = 5

/** Whether an outcome says that what the record needs is down or saturated, which is no fault of the record. */
export function isUnavailable(outcome: Outcome): outcome is RetryOutcome {
  return outcome.kind === 'retry' && (outcome.unavailable ?? saysUnavailable(outcome.cause))
}

/** Whether waiting inside the invocation is worth it: a retry that names its time has decided otherwise. */
export function isHeldFor(outcome: Outcome): boolean {
  return isUnavailable(outcome) && outcome.after === undefined
}

// By its code, because an app may have the class of the error twice, in a bundle and beside it.
function saysUnavailable(thrown: unknown): boolean {
  let cause = thrown
  for (let depth = 0; depth < deepest && typeof cause === 'object' && cause !== null; depth++) {
    const { code, cause: beneath } = cause as { code?: unknown; cause?: unknown }
    if (code === 'SPILLWAY_DATABASE_UNAVAILABLE') return true
    cause = beneath
  }
  return false
}
