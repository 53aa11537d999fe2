import { isTimeOut } from '../errors/classify-error.ts'
import { type Attempt, attempt } from './attempt.ts'
import type { Deadline } from './deadline.ts'
import type { Pace } from './pace.ts'

/** The time of one statement or transaction: a share of the remaining time of a deadline. */
export interface TimeSlice extends Deadline {
  /** The remaining time of the share. The share begins with the first call, when the statement has its connection. */
  left(): number
  /** Whether the share is used up: no further statement of the transaction may begin. */
  isOver(): boolean
  /** The time that was used; `undefined` if the share did not begin. */
  taken(): Taken | undefined
}

/** The time that a slice used, in milliseconds. */
interface Taken {
  readonly milliseconds: number
  /** The remaining time of the deadline at its start. */
  readonly left: number
  readonly allowed: number
}

/** The shortest slice, if that much time is left: a shorter attempt would not show the speed of the database. */
const shortest = 50

/** Creates a time slice of a deadline. `passed` and `race` still refer to the deadline. */
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

/** Whether the time slice was used up. */
function isUsedUp({ milliseconds, allowed }: Taken): boolean {
  return milliseconds >= allowed * 0.9
}

/** Options of {@link attemptInSlice}. */
export interface TimeSliceOptions {
  readonly pace: Pace
  readonly deadline: Deadline
  readonly random: () => number
  /** The number of records to write. */
  readonly records: number
  /** Whether they are the last records of the batch. */
  readonly isLast: boolean
}

/** The same as `attempt`, with a time slice for each try. The pace stores the time of the last try. */
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
