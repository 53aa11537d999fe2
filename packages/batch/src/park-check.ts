import type { Outcome } from '@spillway/message'

/** What a batch knows when a record is to be parked. */
export interface ParkCheckOptions {
  /** The outcomes so far; the check reads them as they change. */
  readonly outcomes: readonly (Outcome | undefined)[]
  readonly laneOf: (position: number) => string
  /** Whether a failed record brings back all records after it. */
  readonly checkpoint: boolean
  /** Whether a failed record brings back the whole batch. */
  readonly returnsAll: boolean
}

/** Tells which records may be parked now. A record that is delivered again must not be parked: each delivery would send a copy. */
export interface ParkCheck {
  safeToPark(positions: readonly number[]): ReadonlySet<number>
  /** Call it when outcomes were cleared. */
  reset(): void
}

/** Creates the check of a batch. */
export function createParkCheck({ outcomes, laneOf, checkpoint, returnsAll }: ParkCheckOptions): ParkCheck {
  /** All records before this position are settled. */
  let firstOpen = 0

  return {
    safeToPark(positions) {
      const parking = new Set(positions)
      if (!checkpoint && !returnsAll) return parking
      // The records behind one of them in its lane are begun only after it is parked.
      const lanes = returnsAll ? new Set(positions.map(laneOf)) : undefined
      const isKnown = (position: number) =>
        outcomes[position] !== undefined || parking.has(position) || lanes?.has(laneOf(position))
      while (outcomes[firstOpen] !== undefined) firstOpen++
      let end = firstOpen
      while (end < outcomes.length && isKnown(end)) end++
      if (returnsAll && end < outcomes.length) return new Set()
      return new Set(positions.filter((position) => position < end))
    },
    reset() {
      firstOpen = 0
    },
  }
}
