import { SpillwayError, type TimeLimit, toError } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import { within } from '../time/deadline.ts'

/** Milliseconds after which sending a copy is aborted. */
const attemptMs = 5000

/** The parts of the error for a copy that was not confirmed. */
export interface CopyFailure {
  /** The name of the store: "dead-letter queue". */
  readonly store: string
  /** What happens next, and a hint. */
  readonly advice: string
}

/**
 * Sends the copy of a parked record. Aborts after 5 seconds.
 *
 * @param put resolves when the copy is confirmed
 * @throws SpillwayError `SPILLWAY_PARK_FAILED` when it is not confirmed, or the SpillwayError of `put`
 */
export async function putCopy(
  put: (limit: TimeLimit) => Promise<void>,
  { store, advice }: CopyFailure,
  limit: TimeLimit,
  clock: Clock,
): Promise<void> {
  try {
    await within(limit, attemptMs, put, clock)
  } catch (thrown) {
    const cause = toError(thrown)
    if (cause instanceof SpillwayError) throw cause
    throw new SpillwayError(
      'SPILLWAY_PARK_FAILED',
      `The ${store} did not take a record (${cause.name}). ${advice}`,
      { cause },
    )
  }
}
