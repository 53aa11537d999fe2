/** The memory of a statement or a transaction. */
interface Memory {
  readonly records: number
  /** The time that it took; a lower bound if it timed out. */
  readonly milliseconds: number
  readonly passed: boolean
}

/**
 * The known speed of a database: it determines how many records of a batch to try at once, and for how long. There is
 * one for each writer, so that an environment keeps it from batch to batch. Concurrent batches may share it.
 *
 * A fast database is not measured: the whole batch is tried at once. After the first statement that is slow or times
 * out, the next one gets as many records as are expected to fit, until statements are fast again.
 */
export interface Pace {
  /** The number of records to try at once, with this many milliseconds left. At least 1. */
  most(left: number): number
  /** The share of the remaining milliseconds that these records may take. */
  share(records: number, isLast: boolean, left: number): number
  /** Whether one record is expected to be written in this many milliseconds. */
  fits(left: number): boolean
  /** These records were written; `left` is the remaining time at the start. */
  passed(records: number, milliseconds: number, left: number): void
  /** These records timed out; `allowed` is their time limit. */
  timedOut(records: number, milliseconds: number, allowed: number): void
}

/** The share of the time for a first try, which leaves enough time for smaller ones. */
const firstShare = 1 / 3
/** The share for records that are known to fit, or for a single one. */
const knownShare = 3 / 4
/** The share for as many records as were written before, or twice as many, if half of the time is not enough. */
const largestShare = 0.95
/** The share of the time that records are expected to take. */
const aim = 1 / 2
/** A statement that took less than this share of the time is fast. */
const quick = 1 / 8
/** The part of the records that is tried after a time-out. */
const smaller = 1 / 4
/** The largest batch: if it fits, the database is fast again. */
const many = 1_000
/** The factor by which the longest time of a statement grows with each success. */
const growth = 1.02

/** Creates a pace without measurements. */
export function createPace(): Pace {
  let last: Memory | undefined
  /**
   * The time after which the server ends statements, if that is earlier than requested: a `statement_timeout` of the
   * role.
   */
  let longest = Number.POSITIVE_INFINITY

  const fitting = ({ records, milliseconds }: Memory, left: number) =>
    Math.floor((Math.min(left, longest) * aim * records) / milliseconds)

  return {
    most(left) {
      if (last === undefined) return Number.POSITIVE_INFINITY
      const fit = fitting(last, left)
      if (!last.passed) return Math.max(1, Math.min(fit, Math.floor(last.records * smaller)))
      // The fixed cost of a statement can be measured only with more records.
      const times = Math.min(2, Math.floor((Math.min(left, longest) * 0.9) / last.milliseconds))
      return Math.max(1, fit, times * last.records)
    },
    share(records, isLast, left) {
      if (records === 1 && isLast) return 1
      if (last === undefined) return firstShare
      if (last.passed) return records > fitting(last, left) ? largestShare : knownShare
      return last.records === 1 ? knownShare : firstShare
    },
    fits: (left) => last === undefined || !last.passed || last.milliseconds <= left * last.records,
    passed(records, milliseconds, left) {
      if (last === undefined && milliseconds <= left * quick) return
      // The remainder of a batch does not show the speed of a full one.
      if (last?.passed && records * 2 < last.records && milliseconds <= last.milliseconds) return
      last = { records, milliseconds: Math.max(1, milliseconds), passed: true }
      longest = milliseconds > longest ? Number.POSITIVE_INFINITY : longest * growth
      if (last.milliseconds * many <= Math.min(left, longest) * aim * records) last = undefined
    },
    timedOut(records, milliseconds, allowed) {
      // They had less time than the last success took, so fewer records may take just as long.
      if (last?.passed && allowed < last.milliseconds) return
      const before = last?.passed ? (records * last.milliseconds) / last.records : 0
      last = { records, milliseconds: Math.max(1, milliseconds, before), passed: false }
      if (milliseconds < allowed * 0.8) longest = Math.max(1, milliseconds)
    },
  }
}
