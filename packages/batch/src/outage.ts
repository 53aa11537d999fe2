import type { Outcome } from '@spillway/message'
import { errorsWithin, isUnavailableOutcome as isUnavailable } from '@spillway/message/internal'

export { isUnavailableOutcome as isUnavailable } from '@spillway/message/internal'

/** Whether to hold for a record that is to be retried. A retry with its own delay is not held for. */
export function isHeldFor(outcome: Outcome): boolean {
  return isUnavailable(outcome) && outcome.after === undefined
}

/** Detects an outage by unavailable records in a row. */
export interface OutageDetector {
  /** Takes the outcome of a record. */
  note(outcome: Outcome): void
  /** The outcome of the records that are not begun because of the outage; `undefined` while there is none. */
  outage(): Outcome | undefined
  /** Whether the last record was available, or none was tried. */
  isQuiet(): boolean
  /** Whether only one record at a time is to be tried: there was an outage, and no record since was available. */
  isProbing(): boolean
}

/** With fewer records in a row, the fault may lie with the records. */
const leastFailures = 5

/**
 * Creates the detector of one pass. The first pass needs as many failures as records run at once. Later passes probe: the
 * first of them stops after one failure, and each further one after one more, because the outage may concern only the
 * first records.
 *
 * @param isPartial whether only a part of the dependencies is down: then the failures of some records say nothing of others
 * @param attempt how many passes were made before
 */
export function detectOutage(concurrency: number, isPartial: boolean, attempt: number): OutageDetector {
  const most = isPartial ? Number.POSITIVE_INFINITY : Math.max(leastFailures, concurrency)
  let isProbing = attempt > 0
  let failures = 0
  let first: Outcome | undefined
  return {
    note(outcome) {
      if (isHeldFor(outcome)) {
        if (failures === 0) first = outcome
        failures += 1
      } else {
        failures = 0
        isProbing = false
      }
    },
    outage: () => (failures >= (isProbing ? attempt : most) ? first : undefined),
    isQuiet: () => failures === 0,
    isProbing: () => isProbing,
  }
}

/** Whether something was thrown because a signal aborted: it is or contains the reason of the signal or an `AbortError`. */
export function isAbort(thrown: unknown, { reason }: AbortSignal): boolean {
  return errorsWithin(thrown).some((error) => error === reason || error.name === 'AbortError')
}
