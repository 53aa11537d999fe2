import { type Outcome, type RecordSource, type RetryOutcome, retry, SpillwayError } from '@spillway/message'
import { isHeldFor } from './outage.ts'

/** What became of the records of a batch so far, by their positions. One for each invocation. */
export interface Ledger {
  outcome(position: number): Outcome | undefined
  settle(position: number, outcome: Outcome): void
  /** Settles a record that has to follow one that is not done; `false` for one that may be begun. */
  skip(position: number): boolean
  /**
   * Settles a record that is to be parked but that another one brings back whatever becomes of it: a copy would be sent
   * each time. `false` for one whose copy may be sent.
   */
  retryInsteadOfPark(position: number): boolean
  /**
   * Of records that are to be parked, those of which it is known whether another one brings them back: what could is
   * settled, or among them.
   */
  safeToPark(positions: readonly number[]): ReadonlySet<number>
  /** Whether no record is to be returned. */
  isClean(): boolean
  /** The record for which one is returned: itself, or the one that it has to follow. `undefined` for what is not returned. */
  blockedBy(position: number): number | undefined
  /** The records that are worth waiting for, and those that follow them. */
  waiting(): readonly number[]
  /** Takes back what became of records, so that they are tried again, and answers what it was for those that follow none. */
  resetForRetry(positions: readonly number[]): ReadonlyMap<number, Outcome>
}

/** How the records of a batch hang together. */
export interface LedgerOptions {
  readonly stopAtFirstFailure: boolean
  /** Whether one record that is not done brings back the whole batch. */
  readonly returnsAll: boolean
}

/** Opens the ledger of a batch. */
export function createLedger(
  source: RecordSource,
  { stopAtFirstFailure, returnsAll }: LedgerOptions,
): Ledger {
  const { records, checkpoint = false } = source
  const outcomes: (Outcome | undefined)[] = new Array(records.length).fill(undefined)
  /** For records that follow: the one that stopped them. */
  const roots = new Map<number, number>()
  /** The first record of a lane that is not done. */
  const stops = new Map<string, number>()
  let lowest = Number.POSITIVE_INFINITY
  /** All before it are settled. */
  let open = 0

  const isClean = () => lowest === Number.POSITIVE_INFINITY

  function settle(position: number, outcome: Outcome): void {
    outcomes[position] = outcome
    if (outcome.kind !== 'retry') return
    const lane = laneOf(position)
    stops.set(lane, Math.min(position, stops.get(lane) ?? position))
    lowest = Math.min(lowest, position)
  }

  function laneOf(position: number): string {
    return records[position]?.lane ?? ''
  }

  function blockedBy(position: number): number | undefined {
    if (outcomes[position]?.kind !== 'retry') return undefined
    const root = roots.get(position) ?? position
    // One that was tried again and went well holds nothing up: what followed it comes back by itself.
    return outcomes[root]?.kind === 'retry' ? root : position
  }

  /** Settles a record that comes back with another; `false` when that one does not come back. */
  function follow(position: number, stop: number): boolean {
    const root = blockedBy(stop)
    if (root === undefined) return false
    roots.set(position, root)
    const { after } = outcomes[root] as RetryOutcome
    settle(position, retry({ after, cause: laneStopped() }))
    return true
  }

  const isWaiting = (position: number) => {
    const root = blockedBy(position)
    return root !== undefined && isHeldFor(outcomes[root] as RetryOutcome)
  }
  /** Whether no waiting is worth a record that is not done. */
  const isFirm = (position: number) => blockedBy(position) !== undefined && !isWaiting(position)

  return {
    outcome: (position) => outcomes[position],
    settle,
    skip(position) {
      if (isClean()) return false
      const stop = stops.get(laneOf(position))
      return (
        (stop !== undefined && stop < position && follow(position, stop)) ||
        (stopAtFirstFailure && lowest < position && follow(position, lowest))
      )
    },
    retryInsteadOfPark: (position) =>
      (returnsAll || (checkpoint && lowest < position)) && !isClean() && follow(position, lowest),
    safeToPark(positions) {
      const parking = new Set(positions)
      if (!checkpoint && !returnsAll) return parking
      // What waits behind one of them in its lane is begun only once that one is parked.
      const lanes = returnsAll ? new Set(positions.map(laneOf)) : undefined
      const isKnown = (position: number) =>
        outcomes[position] !== undefined || parking.has(position) || lanes?.has(laneOf(position))
      while (outcomes[open] !== undefined) open++
      let end = open
      while (end < outcomes.length && isKnown(end)) end++
      if (returnsAll && end < outcomes.length) return new Set()
      return new Set(positions.filter((position) => position < end))
    },
    isClean,
    blockedBy,
    waiting() {
      if (isClean()) return []
      const all = [...outcomes.keys()].filter(isWaiting)
      if (!checkpoint && !stopAtFirstFailure) return all
      // Where one failure brings back all that comes after it, waiting for what comes after it gains nothing.
      const firm = [...outcomes.keys()].find(isFirm) ?? Number.POSITIVE_INFINITY
      return all.filter((position) => position < firm)
    },
    resetForRetry(positions) {
      const own = positions.filter((position) => !roots.has(position))
      const before = new Map(own.map((position) => [position, outcomes[position] as Outcome]))
      for (const position of positions) {
        outcomes[position] = undefined
        roots.delete(position)
      }
      stops.clear()
      lowest = Number.POSITIVE_INFINITY
      open = 0
      for (const [position, outcome] of outcomes.entries()) {
        if (outcome !== undefined) settle(position, outcome)
      }
      return before
    },
  }
}

function laneStopped(): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_LANE_STOPPED',
    'An earlier record, which this one has to follow, is not done.',
  )
}
