import { type Outcome, type RecordSource, type RetryOutcome, retry, SpillwayError } from '@spillway/message'
import { isHeldFor } from './outage.ts'
import { createParkCheck } from './park-check.ts'

/** The outcomes of the records of a batch so far, by their positions. One for each invocation. */
export interface BatchProgress {
  outcome(position: number): Outcome | undefined
  settle(position: number, outcome: Outcome): void
  /** Settles a record that comes after a failed one and must wait for it. Returns `false` for a record that may be begun. */
  skip(position: number): boolean
  /**
   * Settles a record as retry that is to be parked but is delivered again in any case, because of another record: each
   * delivery would send a copy. Returns `false` for a record that may be parked.
   */
  retryInsteadOfPark(position: number): boolean
  /** Of records that are to be parked, those that may be parked now: no record that is still open can bring them back. */
  safeToPark(positions: readonly number[]): ReadonlySet<number>
  /** Whether no record is to be retried. */
  isClean(): boolean
  /**
   * The record because of which a record is retried: itself, or the failed record that it waits for. `undefined` for a
   * record that is not retried.
   */
  blockedBy(position: number): number | undefined
  /** The records to hold for, and the records behind them. */
  waiting(): readonly number[]
  /** Clears the outcomes of records before another pass. Returns the outcomes of those that wait for no other record. */
  resetForRetry(positions: readonly number[]): ReadonlyMap<number, Outcome>
}

/** Which records are delivered again when one fails. */
export interface ProgressOptions {
  readonly stopAtFirstFailure: boolean
  /** Whether one failed record brings back the whole batch. */
  readonly returnsAll: boolean
}

/** Creates the progress of a batch of which nothing is settled. */
export function createProgress(
  source: RecordSource,
  { stopAtFirstFailure, returnsAll }: ProgressOptions,
): BatchProgress {
  const { records, checkpoint = false } = source
  const outcomes: (Outcome | undefined)[] = new Array(records.length).fill(undefined)
  const laneOf = (position: number) => records[position]?.lane ?? ''
  const failures = createFailures(laneOf)
  const parkCheck = createParkCheck({ outcomes, laneOf, checkpoint, returnsAll })

  function settle(position: number, outcome: Outcome): void {
    outcomes[position] = outcome
    if (outcome.kind === 'retry') failures.add(position)
  }

  const { blockers, blockedBy, follow } = createFollowing(outcomes, settle)

  return {
    outcome: (position) => outcomes[position],
    settle,
    skip: (position) =>
      !failures.isEmpty() &&
      (follow(position, failures.inLaneBefore(position)) ||
        (stopAtFirstFailure && follow(position, failures.before(position)))),
    retryInsteadOfPark: (position) =>
      (returnsAll && follow(position, failures.first())) ||
      (checkpoint && follow(position, failures.before(position))),
    safeToPark: parkCheck.safeToPark,
    isClean: failures.isEmpty,
    blockedBy,
    waiting: () =>
      failures.isEmpty() ? [] : toHoldFor(outcomes, blockedBy, checkpoint || stopAtFirstFailure),
    resetForRetry(positions) {
      const before = new Map<number, Outcome>()
      for (const position of positions) {
        if (!blockers.has(position)) before.set(position, outcomes[position] as Outcome)
        outcomes[position] = undefined
        blockers.delete(position)
      }
      parkCheck.reset()
      failures.clear()
      for (const [position, outcome] of outcomes.entries()) {
        if (outcome !== undefined) settle(position, outcome)
      }
      return before
    },
  }
}

/** The records that wait for a failed one. */
function createFollowing(
  outcomes: readonly (Outcome | undefined)[],
  settle: (position: number, outcome: Outcome) => void,
) {
  /** The record that each skipped record waits for. */
  const blockers = new Map<number, number>()

  function blockedBy(position: number): number | undefined {
    if (outcomes[position]?.kind !== 'retry') return undefined
    const blocker = blockers.get(position) ?? position
    // The blocker may be done since another pass. Then this record is retried because of itself.
    return outcomes[blocker]?.kind === 'retry' ? blocker : position
  }

  /** Settles a record like the failed one that it waits for. Returns `false` if there is none. */
  function follow(position: number, failed: number | undefined): boolean {
    const blocker = failed === undefined ? undefined : blockedBy(failed)
    if (blocker === undefined) return false
    blockers.set(position, blocker)
    const { after } = outcomes[blocker] as RetryOutcome
    settle(position, retry({ after, cause: laneStopped() }))
    return true
  }

  return { blockers, blockedBy, follow }
}

/** The failed records that others have to wait for. */
function createFailures(laneOf: (position: number) => string) {
  const firstOfLane = new Map<string, number>()
  let first = Number.POSITIVE_INFINITY
  const isEmpty = () => first === Number.POSITIVE_INFINITY
  return {
    isEmpty,
    add(position: number): void {
      const lane = laneOf(position)
      firstOfLane.set(lane, Math.min(position, firstOfLane.get(lane) ?? position))
      first = Math.min(first, position)
    },
    clear(): void {
      firstOfLane.clear()
      first = Number.POSITIVE_INFINITY
    },
    first: () => (isEmpty() ? undefined : first),
    before: (position: number) => (first < position ? first : undefined),
    inLaneBefore(position: number): number | undefined {
      const failed = firstOfLane.get(laneOf(position))
      return failed !== undefined && failed < position ? failed : undefined
    },
  }
}

/**
 * The records to hold for. Where one failure brings back all records after it, there is no use in holding for records
 * behind a failure that holding cannot mend.
 */
function toHoldFor(
  outcomes: readonly (Outcome | undefined)[],
  blockedBy: (position: number) => number | undefined,
  bringsBackLater: boolean,
): readonly number[] {
  const waiting: number[] = []
  for (let position = 0; position < outcomes.length; position++) {
    const blocker = blockedBy(position)
    if (blocker === undefined) continue
    if (isHeldFor(outcomes[blocker] as RetryOutcome)) waiting.push(position)
    else if (bringsBackLater) break
  }
  return waiting
}

function laneStopped(): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_LANE_STOPPED',
    'An earlier record, which this one has to follow, is not done.',
  )
}
