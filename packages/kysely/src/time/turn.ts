import { isTimeOut } from '../errors/is-time-out.ts'
import { type Attempt, attempt } from './attempt.ts'
import type { Deadline } from './deadline.ts'
import type { Pace } from './pace.ts'

/** The time of one statement or transaction: a share of what is left of a deadline. */
export interface Turn extends Deadline {
  /** What remains of the share, which begins when this is first asked: what runs has its connection then. */
  left(): number
  /** Whether the share is used up: nothing more of a transaction is to begin. */
  isOver(): boolean
  /** What the turn took; `undefined` where it did not begin. */
  taken(): Taken | undefined
}

/** What a turn took, in milliseconds. */
interface Taken {
  readonly milliseconds: number
  /** What was left of the deadline at its start. */
  readonly left: number
  readonly allowed: number
}

/** No turn is shorter, while so many milliseconds are left: in less, nothing can be found out. */
const shortest = 50

/** A turn of a deadline, which `passed` and `race` still mean. */
export function createTurn(deadline: Deadline, share: number): Turn {
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

/** Whether the time was over, rather than the patience of the caller. */
function isUsedUp({ milliseconds, allowed }: Taken): boolean {
  return milliseconds >= allowed * 0.9
}

/** What a turn is for. */
export interface TurnOptions {
  readonly pace: Pace
  readonly deadline: Deadline
  readonly random: () => number
  /** How many records are written. */
  readonly records: number
  /** Whether nothing of the batch comes after them. */
  readonly isLast: boolean
}

/** As `attempt`, each try with a turn of its own; the pace remembers what the last one took. */
export async function attemptInTurn<T>(
  { pace, deadline, random, records, isLast }: TurnOptions,
  run: (turn: Turn) => Promise<T>,
): Promise<Attempt<T>> {
  let turn: Turn | undefined
  const begin = () => {
    turn = createTurn(deadline, pace.share(records, isLast, deadline.left()))
    return run(turn)
  }
  const result = await attempt(begin, deadline, random)
  const taken = turn?.taken()
  if (taken === undefined) return result
  if (result.kind === 'ok') pace.passed(records, taken.milliseconds, taken.left)
  else if (
    result.kind === 'late' ? isUsedUp(taken) && result.failure === undefined : isTimeOut(result.error)
  ) {
    pace.timedOut(records, taken.milliseconds, taken.allowed)
  }
  return result
}
