import { done, type Outcome, type RetryOutcome, retry, SpillwayError } from '@spillway/message'
import { dialectErrorsOf } from '../dialects/all-errors.ts'
import { decide, isTimeOut } from '../errors/classify-error.ts'
import { type Classify, type CodeMeaning, meaningOf } from '../errors/classify-option.ts'
import { faultError, parkRefused, type WriteTarget, writeError } from '../errors/describe-error.ts'
import type { Failure } from '../errors/failure.ts'
import type { Attempt } from '../time/attempt.ts'
import type { Deadline } from '../time/deadline.ts'
import type { Pace } from '../time/pace.ts'
import type { Health } from './health.ts'
import type { Suspect, Verdict } from './isolate.ts'

/** Turns the end of a statement into a {@link Verdict}. One for each batch, because it counts failures. */
export type Judge = (attempt: Attempt<unknown>) => Verdict<Suspect>

/** Further facts for a judge. */
export interface JudgeOptions {
  /** The target of the rows, for error messages. */
  readonly target?: WriteTarget | undefined
  /** The user's meanings of codes. */
  readonly classify?: Classify | undefined
}

const orderingPatience = 3
/** Statements beyond the search for one row, before the database counts as one that refuses all rows. */
const unprovenDoubts = 8

/** How the rows that caused an error are searched for. */
interface Search {
  /** A statement passed. */
  passed(): void
  /** A row is at fault; it is found by further statements. */
  refused(outcome: (row: Suspect) => Outcome): Verdict<Suspect>
  /** An error that may be no row's fault. */
  doubt(outcome: (cause: unknown) => Outcome, cause: unknown, step?: 'isolate' | 'halve'): Verdict<Suspect>
  /** An error that may well be an outage. */
  suspectOutage: Search['doubt']
}

/**
 * Searches within a bound: an error that may be no row's fault may come for each row, and to isolate all of them would take two
 * statements a row. So the search ends after so many refusals in a row, and what is left gets one statement for each part. The
 * bound is lower while nothing was written: then the database is at fault rather than each row.
 */
function createSearch(rows: number, health: Health): Search {
  const depth = Math.ceil(Math.log2(rows + 1))
  let doubts = 0
  const doubt: Search['doubt'] = (outcome, cause, step = 'isolate') => {
    doubts += 1
    const most = (health.isProven ? 3 * depth : depth) + unprovenDoubts
    return verdict(doubts <= most ? step : 'settle', outcome, cause)
  }
  return {
    passed() {
      doubts = 0
      health.prove()
    },
    refused(outcome) {
      health.prove()
      return { step: 'isolate', written: false, outcome }
    },
    doubt,
    suspectOutage(outcome, cause, step) {
      const search = health.search()
      return search === 'split' ? doubt(outcome, cause, step) : verdict(search, outcome, cause)
    },
  }
}

/**
 * A judge for a batch of so many rows. Its outcomes have no delay: the back-off of `batch` decides when a record is
 * delivered again. They say what causes a retry: the database (`unavailable: true`), the record (`false`), or that
 * this is not known (no `unavailable`).
 *
 * @param health learns whether the database writes anything; the outcomes depend on it and are read at the end of the batch
 */
export function createJudge(rows: number, health: Health, { target, classify }: JudgeOptions = {}): Judge {
  const search = createSearch(rows, health)
  const { notAtFault } = health
  const described = (failure: Failure, error: unknown) => writeError(failure, error, target)

  function judgeClassified(meaning: CodeMeaning, failure: Failure, error: unknown): Verdict<Suspect> {
    if (meaning === 'park') return search.refused(() => parkRefused(error))
    if (meaning === 'retry') {
      health.prove()
      return search.doubt(ofTheRow, described(failure, error))
    }
    const outcome = (cause: unknown) => retry({ cause, unavailable: true })
    return search.suspectOutage(outcome, described('saturation', error))
  }

  return function judge(attempt) {
    if (attempt.kind === 'ok') {
      search.passed()
      return { step: 'settle', written: true, outcome: done }
    }
    const { error, failure } = attempt
    if (attempt.kind === 'late') {
      const outcome = failure === 'busy' ? unattributed : notAtFault
      return verdict('stop', outcome, failure === undefined ? error : described(failure, error))
    }
    if (attempt.failure === 'fault') return search.suspectOutage(notAtFault, faultError(error, target))
    const meaning = meaningOf(error, classify)
    if (meaning !== undefined) return judgeClassified(meaning, attempt.failure, error)
    return judgeFailure(attempt.failure, error, { search, health, rows, target })
  }
}

interface Batch extends Pick<JudgeOptions, 'target'> {
  readonly search: Search
  readonly health: Health
  readonly rows: number
}

function judgeFailure(
  failure: Failure,
  error: unknown,
  { search, health, rows, target }: Batch,
): Verdict<Suspect> {
  if (failure === 'permanent' || failure === 'duplicate') return search.refused(() => parkRefused(error))
  const { notAtFault } = health
  const cause = writeError(failure, error, target)
  switch (failure) {
    case 'ordering':
      return search.refused(({ receiveCount }) =>
        receiveCount <= orderingPatience ? ofTheRow(cause) : parkRefused(error),
      )
    case 'busy':
      return verdict('stop', unattributed, cause)
    case 'locked':
      return search.suspectOutage(notAtFault, cause, 'halve')
    case 'tooSlow':
      // After a time-out, the pace knows how many records fit.
      return isTimeOut(error)
        ? verdict('halve', notAtFault, cause)
        : search.suspectOutage(notAtFault, cause, 'halve')
    case 'server':
      return search.suspectOutage(notAtFault, cause)
    case 'systemic':
      // The only row of a batch may cause some of these errors as well as the database.
      return mayBeOfARow('systemic', error)
        ? search.suspectOutage(rows > 1 ? notAtFault : unattributed, cause)
        : verdict('stop', notAtFault, cause)
    case 'unknown':
      if (!mayBeOfARow('unknown', error)) return verdict('stop', notAtFault, cause)
      if (isOfTheServer(error)) return search.suspectOutage(notAtFault, cause)
      health.prove()
      return search.doubt(ofTheRow, cause)
    default:
      return verdict('settle', notAtFault, cause)
  }
}

function mayBeOfARow(failure: 'systemic' | 'unknown', thrown: unknown): boolean {
  const { error } = decide(thrown)
  return dialectErrorsOf(error)?.mayBeOfARow(failure, error) ?? false
}

function isOfTheServer(thrown: unknown): boolean {
  const { error } = decide(thrown)
  return dialectErrorsOf(error)?.isOfTheServer(error) ?? true
}

/** A retry whose cause is not known, or is this environment rather than the database. */
function unattributed(cause: unknown): Outcome {
  return retry({ cause })
}

/** A retry for a fault of the row: where it blocks others, it is parked when it is too old. */
export function ofTheRow(cause: unknown): Outcome {
  return retry({ cause, unavailable: false })
}

/**
 * The verdict on a batch whose table changed since its columns were read: no row is at fault, and `batch` tries it
 * again at once.
 */
export function tableChanged(table: string): Verdict<Suspect> {
  const cause = new SpillwayError(
    'SPILLWAY_WRITE_FAILED',
    `The columns of the table "${table}" changed during the write; the records are written with the new ones.`,
  )
  return verdict('stop', () => retry({ cause, unavailable: true }), cause)
}

/** Whether records were written, and the remaining time is too short for another one. */
export function isTooLate({ isProven }: Health, pace: Pace, deadline: Deadline): boolean {
  return isProven && !pace.fits(deadline.left())
}

/** The verdict on records for which a slow database leaves no time. */
export function noTimeLeft(health: Health): Verdict<Suspect> {
  const cause = new SpillwayError(
    'SPILLWAY_DEADLINE',
    'The database is slow: other records of the batch were written, and no time is left for this one; it is delivered again.',
  )
  return verdict('stop', health.notAtFault, cause)
}

/** The verdict on a batch for which a read failed: no row was sent, so none is at fault. */
export function unsent(
  judge: Judge,
  health: Health,
  read: Exclude<Attempt<unknown>, { kind: 'ok' }>,
): Verdict<Suspect> {
  const first = judge(read)
  const { outcome } =
    first.step === 'isolate' ? judge({ kind: 'failed', failure: 'systemic', error: read.error }) : first
  const notAtFault = (row: Suspect) => health.notAtFault((outcome(row) as RetryOutcome).cause)
  return { step: 'stop', written: false, outcome: notAtFault }
}

/** The outcome of a record that was not tried, because the search for refused rows ended. */
export function untried(): Outcome {
  const cause = new SpillwayError(
    'SPILLWAY_WRITE_FAILED',
    'The database refuses so many rows of the batch that the search for them was ended; this one is delivered again.',
  )
  return retry({ cause })
}

/**
 * The outcome of a record whose key another record of the batch has, which was sent. The database may have refused the
 * other's values: this record is then delivered again and sent itself.
 */
export function duplicateOutcome(outcome: Outcome): Outcome {
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
