/** A statement, or a transaction, as it is remembered. */
interface Memory {
  readonly records: number
  /** What it took; at least so much where it did not pass. */
  readonly milliseconds: number
  readonly passed: boolean
}

/**
 * What is known of the speed of a database: how many records of a batch are to be tried at once, and for how long. One for
 * each writer, so that an environment remembers it from batch to batch; batches at the same time may share it.
 *
 * A database that is quick is not measured: all of a batch is tried at once. From the first statement that takes long, or
 * is ended by its time, the next one has as many records as are expected to fit, until statements are quick again.
 */
export interface Pace {
  /** How many records to try at once, with so many milliseconds left. At least 1. */
  most(left: number): number
  /** The share of so many milliseconds that are left which so many records may take. */
  share(records: number, isLast: boolean, left: number): number
  /** Whether a record is expected to be done in so many milliseconds. */
  fits(left: number): boolean
  /** So many records were written; `left` is what there was at their start. */
  passed(records: number, milliseconds: number, left: number): void
  /** So many records were not done in their time; `allowed` is what they might have taken. */
  timedOut(records: number, milliseconds: number, allowed: number): void
}

/** The share of the time for a first try: enough is left for smaller ones. */
const firstShare = 1 / 3
/** The share for records that are known to fit, or of which no fewer can be tried. */
const knownShare = 3 / 4
/** The share for as many records as passed before or twice as many, though half of the time is not enough for them. */
const largestShare = 0.95
/** The share of the time that records are expected to take. */
const aim = 1 / 2
/** What took less than this share of the time is quick. */
const quick = 1 / 8
/** The part of the records that is tried after a time-out. */
const smaller = 1 / 4
/** As many records as no batch has more of: when they fit, the database is quick again. */
const many = 1_000
/** By what the longest time of a statement grows each time that one passes. */
const growth = 1.02

/** A pace that knows nothing yet. */
export function createPace(): Pace {
  let last: Memory | undefined
  /** After how long the server ends statements, where that is sooner than asked: a `statement_timeout` of its role. */
  let longest = Number.POSITIVE_INFINITY

  const fitting = ({ records, milliseconds }: Memory, left: number) =>
    Math.floor((Math.min(left, longest) * aim * records) / milliseconds)

  return {
    most(left) {
      if (last === undefined) return Number.POSITIVE_INFINITY
      const fit = fitting(last, left)
      if (!last.passed) return Math.max(1, Math.min(fit, Math.floor(last.records * smaller)))
      // That a statement takes as long for many records as for one shows only when there are more.
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
      // What is left over of a batch says little of one that is full.
      if (last?.passed && records * 2 < last.records && milliseconds <= last.milliseconds) return
      last = { records, milliseconds: Math.max(1, milliseconds), passed: true }
      longest = milliseconds > longest ? Number.POSITIVE_INFINITY : longest * growth
      if (last.milliseconds * many <= Math.min(left, longest) * aim * records) last = undefined
    },
    timedOut(records, milliseconds, allowed) {
      // They had less time than what passed before took: fewer records may take as long.
      if (last?.passed && allowed < last.milliseconds) return
      const before = last?.passed ? (records * last.milliseconds) / last.records : 0
      last = { records, milliseconds: Math.max(1, milliseconds, before), passed: false }
      if (milliseconds < allowed * 0.8) longest = Math.max(1, milliseconds)
    },
  }
}
