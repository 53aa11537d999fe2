import type { SourceRecord } from '@spillway/message'

/**
 * Splits records into waves: the first wave has the first record of each lane, the second wave the second, and so
 * on. Waves that are written one after the other keep every lane in order and let the lanes go on side by side. On a
 * standard queue each record is a lane of its own, and all are one wave.
 *
 * @param positions those of the records to split, in order
 */
export function toWaves(
  records: readonly SourceRecord[],
  positions: readonly number[],
): readonly (readonly number[])[] {
  const laneOf = (position: number) => (records[position] as SourceRecord).lane
  const lanes = new Set<string>()
  for (const position of positions) lanes.add(laneOf(position))
  if (lanes.size === positions.length) return [positions]
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

/** Hands out records so that no two of a lane are out at once, each lane in order. */
export interface Turns {
  /**
   * The next record, the earliest whose lane is free; `undefined` when there is none now.
   *
   * @param done the record that the caller had before: its lane goes on with the caller
   */
  next(done: number | undefined): number | undefined
}

/** Turns over some records, in order. */
export function takeTurns(records: readonly SourceRecord[], positions: readonly number[]): Turns {
  /** The lanes that are out, each with those of its records that came up meanwhile. */
  const out = new Map<string, number[]>()
  let place = 0
  const laneOf = (position: number) => (records[position] as SourceRecord).lane
  return {
    next(done) {
      if (done !== undefined) {
        const lane = laneOf(done)
        const waiting = out.get(lane)?.shift()
        if (waiting !== undefined) return waiting
        out.delete(lane)
      }
      while (place < positions.length) {
        const position = positions[place++] as number
        const lane = laneOf(position)
        const waiting = out.get(lane)
        if (waiting === undefined) {
          out.set(lane, [])
          return position
        }
        waiting.push(position)
      }
      return undefined
    },
  }
}

/** The lanes of some records. */
export interface LaneLinks {
  /** The first record of each lane, in order. */
  readonly heads: readonly number[]
  /** The record that comes after another one in its lane. */
  next(position: number): number | undefined
}

/** Links each record with the next one of its lane. */
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
