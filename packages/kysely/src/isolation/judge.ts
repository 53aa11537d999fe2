import { done, type Outcome, type RetryOutcome, retry, SpillwayError } from '@spillway/message'
import { isSignalled, mysqlNumber } from '../dialects/mysql/mysql-errors.ts'
import { isOfTheText, isRaised, sqlState } from '../dialects/postgres/postgres-errors.ts'
import { decide, type Failure } from '../errors/classify-error.ts'
import { type Classify, type CodeMeaning, meaningOf } from '../errors/classify-option.ts'
import { parkRefused, type WriteTarget, writeError } from '../errors/describe-error.ts'
import { faultError } from '../errors/fault-error.ts'
import { isTimeOut } from '../errors/is-time-out.ts'
import type { Attempt } from '../time/attempt.ts'
import type { Deadline } from '../time/deadline.ts'
import type { Pace } from '../time/pace.ts'
import type { Health } from './health.ts'
import type { Suspect, Verdict } from './isolate.ts'

/** Turns the end of a statement into a {@link Verdict}. One for each batch: it counts. */
export type Judge = (attempt: Attempt<unknown>) => Verdict<Suspect>

/** What a judge knows beside the ends of statements. */
export interface JudgeOptions {
  /** What the rows go to, for the words of errors. */
  readonly target?: WriteTarget | undefined
  /** What the user says of codes. */
  readonly classify?: Classify | undefined
}

const orderingPatience = 3
/** Statements beside a search for one row, before the database counts as one that refuses all. */
const unprovenDoubts = 8

/**
 * A judge for a batch of so many rows. Its outcomes name no delay: the back-off of `batch` decides when a record comes
 * again. They say who is to blame for a retry: nobody (`unavailable: true`), the record (`false`), or neither.
 *
 * @param health learns whether the database writes anything; the outcomes depend on it, so that they are to be asked for
 * at the end of the batch
 */
export function createJudge(rows: number, health: Health, { target, classify }: JudgeOptions = {}): Judge {
  // An error that may be no row's fault may come for each: to isolate all of them would cost two statements a row. So the
  // search ends after so many refusals in a row. Whatever is left then gets one statement for each part.
  // Fewer where nothing was written so far: then the database rather than each row is at fault.
  const depth = Math.ceil(Math.log2(rows + 1))
  const mostDoubts = () => (health.isProven ? 3 * depth : depth) + unprovenDoubts
  let doubts = 0
  const described = (failure: Failure, error: unknown) => writeError(failure, error, target)
  const { blameless } = health
  // A row that is alone in its batch may bring some errors as well as the database.
  const mayBeOfOne = rows > 1 ? blameless : unattributed
  const doubt = (outcome: (cause: unknown) => Outcome, cause: unknown, step: 'blame' | 'halve' = 'blame') => {
    doubts += 1
    return verdict(doubts <= mostDoubts() ? step : 'settle', outcome, cause)
  }
  /** As `doubt`, of what may well be an outage. */
  const suspectOutage: typeof doubt = (outcome, cause, step) => {
    const search = health.search()
    return search === 'split' ? doubt(outcome, cause, step) : verdict(search, outcome, cause)
  }
  const refused = (outcome: (row: Suspect) => Outcome): Verdict<Suspect> => {
    health.prove()
    return { step: 'blame', written: false, outcome }
  }
  const classified = (meaning: CodeMeaning, failure: Failure, error: unknown): Verdict<Suspect> => {
    if (meaning === 'park') return refused(() => parkRefused(error))
    if (meaning === 'retry') {
      health.prove()
      return doubt(ofTheRow, described(failure, error))
    }
    return suspectOutage((cause) => retry({ cause, unavailable: true }), described('saturation', error))
  }

  return function judge(attempt) {
    if (attempt.kind === 'ok') {
      doubts = 0
      health.prove()
      return { step: 'settle', written: true, outcome: done }
    }
    const { error, failure } = attempt
    if (attempt.kind === 'late') {
      const outcome = failure === 'busy' ? unattributed : blameless
      return verdict('stop', outcome, failure === undefined ? error : described(failure, error))
    }
    if (attempt.failure === 'fault') return suspectOutage(blameless, faultError(error, target))
    const meaning = meaningOf(error, classify)
    if (meaning !== undefined) return classified(meaning, attempt.failure, error)
    if (attempt.failure === 'permanent' || attempt.failure === 'duplicate') {
      return refused(() => parkRefused(error))
    }
    const cause = described(attempt.failure, error)
    switch (attempt.failure) {
      case 'ordering':
        return refused(({ receiveCount }) =>
          receiveCount <= orderingPatience ? ofTheRow(cause) : parkRefused(error),
        )
      case 'busy':
        return verdict('stop', unattributed, cause)
      case 'locked':
        return suspectOutage(blameless, cause, 'halve')
      case 'tooSlow':
        // Of time-outs, the pace knows what fits.
        return isTimeOut(error)
          ? verdict('halve', blameless, cause)
          : suspectOutage(blameless, cause, 'halve')
      case 'server':
        return suspectOutage(blameless, cause)
      case 'systemic':
        return mayBeOfARow('systemic', error)
          ? suspectOutage(mayBeOfOne, cause)
          : verdict('stop', blameless, cause)
      case 'unknown':
        if (!mayBeOfARow('unknown', error)) return verdict('stop', blameless, cause)
        if (isOfTheServer(error)) return suspectOutage(blameless, cause)
        health.prove()
        return doubt(ofTheRow, cause)
      default:
        return verdict('settle', blameless, cause)
    }
  }
}

// Table and column are those of the statement where the server points at its text; else they are a value of `regclass`
// or the like. That no constraint is for the conflict (42P10) it says without a place.
const statesOfTheText: ReadonlySet<string> = new Set(['42P01', '42703', '3F000'])

// Values bring errors of these classes too: a row-level policy (42501), a malformed tsquery (42601), a `regclass` that
// names another database (0A000), a `regnamespace` (3F000).
const classesOfValues: ReadonlySet<string> = new Set(['0A', '3F', '42'])

function mayBeOfARow(failure: 'systemic' | 'unknown', thrown: unknown): boolean {
  const { error } = decide(thrown)
  // 1364: a column without a default, left out by the mapper of some rows.
  const number = mysqlNumber(error)
  if (number !== undefined) return failure === 'unknown' || number === 1364
  const state = sqlState(error)
  if (state === undefined) return false
  if (failure === 'unknown') return true
  if (state === '42P10' || !classesOfValues.has(state.slice(0, 2))) return false
  return !(statesOfTheText.has(state) || state === '0A000') || !isOfTheText(error)
}

/** Classes of errors that the server has with itself, beside those that are {@link Failure} `server`. */
const classesOfTheServer: ReadonlySet<string | undefined> = new Set(['55', '57', 'XX'])

/** MySQL has no such classes. What a function raises or signals is about what it was called for, whatever its code is. */
function isOfTheServer(thrown: unknown): boolean {
  const { error } = decide(thrown)
  if (mysqlNumber(error) === undefined ? isRaised(error) : isSignalled(error)) return false
  const state = sqlState(error)
  return state === undefined || classesOfTheServer.has(state.slice(0, 2))
}

/** A retry of which it is not known who is to blame, or that this environment is to blame for rather than the database. */
function unattributed(cause: unknown): Outcome {
  return retry({ cause })
}

/** A retry for a fault of the row alone: where it holds up others, it is parked once it is too old. */
export function ofTheRow(cause: unknown): Outcome {
  return retry({ cause, unavailable: false })
}

/**
 * The verdict on a batch whose table changed since its columns were read: nobody is to blame, and `batch` tries it again
 * at once.
 */
export function tableChanged(table: string): Verdict<Suspect> {
  const cause = new SpillwayError(
    'SPILLWAY_WRITE_FAILED',
    `The columns of the table "${table}" changed during the write; the records are written with the new ones.`,
  )
  return verdict('stop', () => retry({ cause, unavailable: true }), cause)
}

/** Whether records were written, and the time that is left is known to be too short for another one. */
export function isTooLate({ isProven }: Health, pace: Pace, deadline: Deadline): boolean {
  return isProven && !pace.fits(deadline.left())
}

/** The verdict on records that a slow database leaves no time for. */
export function outOfTime(health: Health): Verdict<Suspect> {
  const cause = new SpillwayError(
    'SPILLWAY_DEADLINE',
    'The database is slow: other records of the batch were written, and no time is left for this one; it is delivered again.',
  )
  return verdict('stop', health.blameless, cause)
}

/** The verdict on a batch for which something could not be read: no row was sent, so that none is to blame. */
export function unsent(
  judge: Judge,
  health: Health,
  read: Exclude<Attempt<unknown>, { kind: 'ok' }>,
): Verdict<Suspect> {
  const first = judge(read)
  const { outcome } =
    first.step === 'blame' ? judge({ kind: 'failed', failure: 'systemic', error: read.error }) : first
  const blameless = (row: Suspect) => health.blameless((outcome(row) as RetryOutcome).cause)
  return { step: 'stop', written: false, outcome: blameless }
}

/** The outcome of a record for which the search for refused rows left no statement. */
export function untried(): Outcome {
  const cause = new SpillwayError(
    'SPILLWAY_WRITE_FAILED',
    'The database refuses so many rows of the batch that the search for them was ended; this one is delivered again.',
  )
  return retry({ cause })
}

/**
 * The outcome of a record in the place of which another with its key was sent. That one's values are what the
 * database refused: this one is delivered again and sent itself.
 */
export function ofItsTwin(outcome: Outcome): Outcome {
  if (outcome.kind !== 'park') return outcome
  const cause = new SpillwayError(
    'SPILLWAY_WRITE_FAILED',
    'Another record of the batch with the same key was parked; this one was not tried and is delivered again.',
  )
  return retry({ cause })
}

function verdict(
  step: Verdict<Suspect>['step'],
  outcome: (cause: unknown) => Outcome,
  cause: unknown,
): Verdict<Suspect> {
  return { step, written: false, outcome: () => outcome(cause) }
}
