import { isTimeOut } from '../errors/classify-error.ts'
import { type Attempt, attempt } from './attempt.ts'
import type { Deadline } from './deadline.ts'
import type { Pace } from './pace.ts'

/** The time of one statement or transaction: a share of the remaining time of a deadline. */
export interface TimeSlice extends Deadline {
  /** What remains of the share. The share begins with the first call, when the statement has its connection. */
  left(): number
  /** Whether the share is used up: no further statement of the transaction may begin. */
  isOver(): boolean
  /** The time that it took; `undefined` if it did not begin. */
  taken(): Taken | undefined
}

/** What a slice took, in milliseconds. */
interface Taken {
  readonly milliseconds: number
  /** What was left of the deadline at its start. */
  readonly left: number
  readonly allowed: number
}

/** The shortest slice, if that much time is left: a shorter attempt shows nothing. */
const shortest = 50

/** A time slice of a deadline. `passed` and `race` still refer to the deadline. */
export function createTimeSlice(deadline: Deadline, share: number): TimeSlice {
  let start: number | undefined
  let allowed = 0
  const left = () => {
    if (start === undefined) {
      start = deadline.left()
      allowed = Math.max(start * share, Math.min(start, shortest))
    }
    return Math.max(0, allowed - (start - deadline.left()))
  }
  return {
    ...deadline,
    left,
    isOver: () => left() === 0,
    taken: () =>
      start === undefined ? undefined : { milliseconds: start - deadline.left(), left: start, allowed },
  }
}

/** Whether the time slice was used up, rather than the time of the caller. */
function isUsedUp({ milliseconds, allowed }: Taken): boolean {
  return milliseconds >= allowed * 0.9
}

/** What a slice is for. */
export interface TimeSliceOptions {
  readonly pace: Pace
  readonly deadline: Deadline
  readonly random: () => number
  /** How many records are written. */
  readonly records: number
  /** Whether nothing of the batch comes after them. */
  readonly isLast: boolean
}

/** As `attempt`, with a time slice for each try; the pace remembers what the last one took. */
export async function attemptInSlice<T>(
  { pace, deadline, random, records, isLast }: TimeSliceOptions,
  run: (slice: TimeSlice) => Promise<T>,
): Promise<Attempt<T>> {
  let slice: TimeSlice | undefined
  const begin = () => {
    slice = createTimeSlice(deadline, pace.share(records, isLast, deadline.left()))
    return run(slice)
  }
  const result = await attempt(begin, deadline, random)
  const taken = slice?.taken()
  if (taken === undefined) return result
  if (result.kind === 'ok') pace.passed(records, taken.milliseconds, taken.left)
  else if (
    result.kind === 'late' ? isUsedUp(taken) && result.failure === undefined : isTimeOut(result.error)
  ) {
    pace.timedOut(records, taken.milliseconds, taken.allowed)
  }
  return result
}
