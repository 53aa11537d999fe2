import { SpillwayError, type TimeLimit, toError } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import { within } from '../time/deadline.ts'

/** Milliseconds after which a copy counts as not taken. */
const attemptMs = 5000

/** What the error says of a copy that was not taken. */
export interface CopyFailure {
  /** What did not take it: "dead-letter queue". */
  readonly store: string
  /** What follows, and what may be wrong. */
  readonly advice: string
}

/**
 * Sends the copy of a record that is parked, and gives it up after 5 seconds.
 *
 * @param put resolves once the copy is confirmed
 * @throws SpillwayError `SPILLWAY_PARK_FAILED` when it is not, or the SpillwayError of `put`
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
      {
        cause,
      },
    )
  }
}
