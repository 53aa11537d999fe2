import { done, type Outcome, retry, SpillwayError } from '@spillway/message'
import { decide, type Failure } from '../errors/classify-error.ts'
import { type Classify, type CodeMeaning, meaningOf } from '../errors/classify-option.ts'
import { parkRefused, type WriteTarget, writeError } from '../errors/describe-error.ts'
import { faultError } from '../errors/fault-error.ts'
import { mysqlNumber } from '../errors/mysql-errors.ts'
import { isOfTheText, sqlState } from '../errors/postgres-errors.ts'
import { sqliteCode } from '../errors/sqlite-errors.ts'
import type { Attempt } from '../time/attempt.ts'
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

/**
 * A judge for a batch of so many rows.
 *
 * Delays of retries are spread, so that a batch does not come back at once: over 5 to 30 s, or over 30 to 60 s when a
 * human is needed; twice as long for each delivery before, up to 15 minutes.
 *
 * @param random a number in `[0, 1)`
 */
export function createJudge(
  rows: number,
  random: () => number,
  { target, classify }: JudgeOptions = {},
): Judge {
  // An error that may be no row's fault may come for each: to isolate all of them would cost two statements a row. So the
  // search ends after so many refusals in a row. Whatever is left then gets one statement for each part.
  const mostDoubts = 3 * Math.ceil(Math.log2(rows + 1)) + 8
  let doubtsLeft = mostDoubts
  const described = (failure: Failure, error: unknown) => writeError(failure, error, target)
  const soon = (cause: unknown, row: Suspect) => retry({ after: delay(5, 30, row, random()), cause })
  const later = (cause: unknown, row: Suspect) => retry({ after: delay(30, 60, row, random()), cause })
  const held = (cause: unknown, row: Suspect) => retry({ ...later(cause, row), unavailable: true })
  const doubt = (outcome: (cause: unknown, row: Suspect) => Outcome, cause: unknown) => {
    doubtsLeft -= 1
    return verdict(doubtsLeft >= 0 ? 'blame' : 'settle', outcome, cause)
  }
  const classified = (meaning: CodeMeaning, failure: Failure, error: unknown): Verdict<Suspect> => {
    if (meaning === 'park') return { step: 'blame', written: false, outcome: () => parkRefused(error) }
    if (meaning === 'retry')
      return doubt((cause, row) => ofTheRow(soon(cause, row)), described(failure, error))
    // Without a delay: `batch` waits for it inside the invocation.
    return doubt((cause) => retry({ cause, unavailable: true }), described('saturation', error))
  }

  return function judge(attempt) {
    if (attempt.kind === 'ok') {
      doubtsLeft = mostDoubts
      return { step: 'settle', written: true, outcome: done }
    }
    const { error, failure } = attempt
    if (attempt.kind === 'late') {
      return verdict('stop', soon, failure === undefined ? error : described(failure, error))
    }
    if (attempt.failure === 'fault') return doubt(held, faultError(error, target))
    const meaning = meaningOf(error, classify)
    if (meaning !== undefined) return classified(meaning, attempt.failure, error)
    switch (attempt.failure) {
      case 'permanent':
      case 'duplicate':
        return { step: 'blame', written: false, outcome: () => parkRefused(error) }
      case 'ordering': {
        const cause = described('ordering', error)
        const outcome = (row: Suspect) =>
          row.receiveCount <= orderingPatience ? ofTheRow(soon(cause, row)) : parkRefused(error)
        return { step: 'blame', written: false, outcome }
      }
      case 'busy':
        return verdict('stop', soon, described('busy', error))
      case 'tooSlow':
        return verdict('halve', soon, described('tooSlow', error))
      case 'systemic': {
        const cause = described('systemic', error)
        return mayBeOfARow('systemic', error) ? doubt(later, cause) : verdict('stop', later, cause)
      }
      case 'unknown': {
        const cause = described('unknown', error)
        if (!mayBeOfARow('unknown', error)) return verdict('stop', soon, cause)
        return doubt(isOfTheServer(error) ? soon : (why, row) => ofTheRow(soon(why, row)), cause)
      }
      default:
        return verdict('settle', soon, described(attempt.failure, error))
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
  if (state === undefined) return failure === 'unknown' && sqliteCode(error) !== undefined
  if (failure === 'unknown') return true
  if (state === '42P10' || !classesOfValues.has(state.slice(0, 2))) return false
  return !(statesOfTheText.has(state) || state === '0A000') || !isOfTheText(error)
}

/** Classes of errors that the server has with itself: of its operator, of its system, of its data files. */
const classesOfTheServer: ReadonlySet<string | undefined> = new Set(['53', '55', '57', '58', 'F0', 'XX'])

/** MySQL and SQLite have no such classes: of what is not known of them, only SIGNAL of a trigger (1644) is a row's. */
function isOfTheServer(thrown: unknown): boolean {
  const { error } = decide(thrown)
  if (mysqlNumber(error) === 1644) return false
  const state = sqlState(error)
  return state === undefined || classesOfTheServer.has(state.slice(0, 2))
}

/** A retry for a fault of the row alone: where it holds up others, it is parked once it is too old. */
export function ofTheRow(outcome: Outcome): Outcome {
  return outcome.kind === 'retry' ? retry({ ...outcome, unavailable: false }) : outcome
}

/**
 * The outcomes of a batch of which each record fails for a fault of the database: without a delay of its own, so that
 * `batch` waits for it inside the invocation. Where others are written, they do not wait for it.
 */
export function holdTogether(outcomes: Outcome[]): Outcome[] {
  return outcomes.every(isFault)
    ? outcomes.map((outcome) => retry({ ...outcome, after: undefined }))
    : outcomes
}

function isFault(outcome: Outcome): boolean {
  if (outcome.kind !== 'retry' || outcome.unavailable !== true) return false
  return outcome.cause instanceof SpillwayError && outcome.cause.code === 'SPILLWAY_DATABASE_FAULT'
}

/** The verdict on a batch whose table changed since its columns were read: nobody is to blame. */
export function tableChanged(table: string, random: () => number): Verdict<Suspect> {
  const cause = new SpillwayError(
    'SPILLWAY_WRITE_FAILED',
    `The columns of the table "${table}" changed during the write; the records are written with the new ones.`,
  )
  return verdict('stop', () => retry({ after: spread(1, 5, random()), cause }), cause)
}

/** The verdict on a batch for which something could not be read: no row was sent, so that none is to blame. */
export function unsent(judge: Judge, read: Exclude<Attempt<unknown>, { kind: 'ok' }>): Verdict<Suspect> {
  const verdict = judge(read)
  const blameless =
    verdict.step === 'blame' ? judge({ kind: 'failed', failure: 'systemic', error: read.error }) : verdict
  return { ...blameless, step: 'stop' }
}

/** The outcome of a record for which the search for refused rows left no statement. */
export function untried(row: Suspect, random: () => number): Outcome {
  const cause = new SpillwayError(
    'SPILLWAY_WRITE_FAILED',
    'The database refuses so many rows of the batch that the search for them was ended; this one is delivered again.',
  )
  return retry({ after: delay(1, 5, row, random()), cause })
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
  return retry({ after: 1, cause })
}

/** The outcome of a record that no writer of this version can write, whatever its values. */
export function systemic(cause: SpillwayError, row: Suspect, random: () => number): Outcome {
  return retry({ after: delay(30, 60, row, random()), cause })
}

function verdict(
  step: Verdict<Suspect>['step'],
  outcome: (cause: unknown, row: Suspect) => Outcome,
  cause: unknown,
): Verdict<Suspect> {
  return { step, written: false, outcome: (row) => outcome(cause, row) }
}

/** The longest delay. Seconds: an outage that ends is noticed within a quarter of an hour. */
const longestDelay = 900

/** Seconds until the next delivery: twice as long each time, so that a long outage uses up few receives. */
function delay(from: number, to: number, { receiveCount }: Suspect, random: number): number {
  return Math.min(longestDelay, spread(from, to, random) * 2 ** Math.min(receiveCount - 1, 16))
}

function spread(from: number, to: number, random: number): number {
  return Math.round(from + (to - from) * random)
}
