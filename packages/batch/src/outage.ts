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
  return causesOf(thrown).some(({ code }) => code === 'SPILLWAY_DATABASE_UNAVAILABLE')
}

/** Whether something was thrown because a signal aborted: its reason or an `AbortError`, or an error above one of them. */
export function isAbort(thrown: unknown, { reason }: AbortSignal): boolean {
  return causesOf(thrown).some((error) => error === reason || error.name === 'AbortError')
}

interface Thrown {
  readonly name?: unknown
  readonly code?: unknown
  readonly cause?: unknown
}

/** What was thrown, and what lies beneath it. */
function causesOf(thrown: unknown): readonly Thrown[] {
  const causes: Thrown[] = []
  let cause = thrown
  while (causes.length < deepest && typeof cause === 'object' && cause !== null) {
    causes.push(cause)
    cause = (cause as Thrown).cause
  }
  return causes
}
