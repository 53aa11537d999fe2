import type { SourceRecord } from '@spillway/message'

/**
 * Splits records into waves: the first wave has the first record of each lane, the second wave the second, and so on.
 * Writing one wave after the other keeps each lane in order. On a standard queue each record has its own lane, and there
 * is one wave.
 *
 * @param positions the records to split, in order
 */
export function toWaves(
  records: readonly SourceRecord[],
  positions: readonly number[],
): readonly (readonly number[])[] {
  if (haveOwnLanes(records, positions)) return [positions]
  const laneOf = (position: number) => (records[position] as SourceRecord).lane
  const lengths = new Map<string, number>()
  const waves: number[][] = []
  for (const position of positions) {
    const lane = laneOf(position)
    const place = lengths.get(lane) ?? 0
    lengths.set(lane, place + 1)
    const wave = waves[place]
    if (wave === undefined) waves.push([position])
    else wave.push(position)
  }
  return waves
}

/** Whether each record has a lane of its own. */
function haveOwnLanes(records: readonly SourceRecord[], positions: readonly number[]): boolean {
  const lanes = new Set<string>()
  let count = 0
  for (const position of positions) {
    lanes.add((records[position] as SourceRecord).lane)
    if (lanes.size <= count++) return false
  }
  return true
}

/** Hands out records in order, at most one of each lane at a time. */
export interface LaneQueue {
  /**
   * The next record: the earliest whose lane has no record in flight. `undefined` when there is none now.
   *
   * @param done the record that the caller has finished. The caller gets the next record of the same lane, if there is one
   */
  next(done: number | undefined): number | undefined
}

/** Creates a queue of some records, in order. */
export function queueLanes(records: readonly SourceRecord[], positions: readonly number[]): LaneQueue {
  let place = 0
  if (haveOwnLanes(records, positions)) return { next: () => positions[place++] }
  /** The lanes with a record in flight, each with its records that came up since. */
  const inFlight = new Map<string, number[]>()
  const laneOf = (position: number) => (records[position] as SourceRecord).lane
  return {
    next(done) {
      if (done !== undefined) {
        const lane = laneOf(done)
        const waiting = inFlight.get(lane)?.shift()
        if (waiting !== undefined) return waiting
        inFlight.delete(lane)
      }
      while (place < positions.length) {
        const position = positions[place++] as number
        const lane = laneOf(position)
        const waiting = inFlight.get(lane)
        if (waiting === undefined) {
          inFlight.set(lane, [])
          return position
        }
        waiting.push(position)
      }
      return undefined
    },
  }
}

/** The order of some records in their lanes. */
export interface LaneLinks {
  /** The first record of each lane, in order. */
  readonly heads: readonly number[]
  /** The next record of the same lane. */
  next(position: number): number | undefined
}

/** Links each record to the next one of its lane. */
export function linkLanes(records: readonly SourceRecord[], positions: readonly number[]): LaneLinks {
  const heads: number[] = []
  const last = new Map<string, number>()
  const links = new Map<number, number>()
  for (const position of positions) {
    const { lane } = records[position] as SourceRecord
    const before = last.get(lane)
    if (before === undefined) heads.push(position)
    else links.set(before, position)
    last.set(lane, position)
  }
  return { heads, next: (position) => links.get(position) }
}
