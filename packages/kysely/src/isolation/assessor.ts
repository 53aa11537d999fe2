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
import type { Assessment, Candidate } from './isolate.ts'

/** Assesses the result of a statement. One for each batch, because it counts failures. */
export type Assessor = (attempt: Attempt<unknown>) => Assessment<Candidate>

/** Options of {@link createAssessor}. */
export interface AssessorOptions {
  /** The target of the rows, for error messages. */
  readonly target?: WriteTarget | undefined
  /** The user's meanings of codes. */
  readonly classify?: Classify | undefined
}

const maxOrderingRetries = 3
/** The number of further failed statements after which the database is assumed to refuse all rows. */
const unprovenDoubts = 8

/** The search for the rows that cause an error. */
interface Search {
  /** A statement succeeded. */
  passed(): void
  /** A row is at fault; further statements find it. */
  refused(outcome: (row: Candidate) => Outcome): Assessment<Candidate>
  /** A row or the database may have caused the error. */
  doubt(
    outcome: (cause: unknown) => Outcome,
    cause: unknown,
    step?: 'isolate' | 'halve',
  ): Assessment<Candidate>
  /** The error is probably an outage. */
  suspectOutage: Search['doubt']
}

/**
 * Creates a search with a bound. The database may refuse every row, and to isolate all of them would take two
 * statements for each. So the search ends after a number of consecutive refusals, and each remaining part gets one
 * statement. The bound is lower while nothing was written: then the database is more likely at fault than each row.
 */
function createSearch(rows: number, health: Health): Search {
  const depth = Math.ceil(Math.log2(rows + 1))
  let doubts = 0
  const doubt: Search['doubt'] = (outcome, cause, step = 'isolate') => {
    doubts += 1
    const most = (health.isProven ? 3 * depth : depth) + unprovenDoubts
    return assessment(doubts <= most ? step : 'settle', outcome, cause)
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
      return search === 'split' ? doubt(outcome, cause, step) : assessment(search, outcome, cause)
    },
  }
}

/**
 * Creates the assessor of a batch of this many rows. Its outcomes have no delay: the back-off of `batch` determines
 * when a record is delivered again. They state the cause of a retry: the database (`unavailable: true`), the record
 * (`false`), or unknown (no `unavailable`).
 *
 * @param health is updated when the database writes a row; the outcomes depend on it, and are read at the end of the
 * batch
 */
export function createAssessor(
  rows: number,
  health: Health,
  { target, classify }: AssessorOptions = {},
): Assessor {
  const search = createSearch(rows, health)
  const { notAtFault } = health
  const described = (failure: Failure, error: unknown) => writeError(failure, error, target)

  function assessClassified(meaning: CodeMeaning, failure: Failure, error: unknown): Assessment<Candidate> {
    if (meaning === 'park') return search.refused(() => parkRefused(error))
    if (meaning === 'retry') {
      health.prove()
      return search.doubt(ofTheRow, described(failure, error))
    }
    const outcome = (cause: unknown) => retry({ cause, unavailable: true })
    return search.suspectOutage(outcome, described('saturation', error))
  }

  return function assess(attempt) {
    if (attempt.kind === 'ok') {
      search.passed()
      return { step: 'settle', written: true, outcome: done }
    }
    const { error, failure } = attempt
    if (attempt.kind === 'late') {
      const outcome = failure === 'busy' ? unattributed : notAtFault
      return assessment('stop', outcome, failure === undefined ? error : described(failure, error))
    }
    if (attempt.failure === 'fault') return search.suspectOutage(notAtFault, faultError(error, target))
    const meaning = meaningOf(error, classify)
    if (meaning !== undefined) return assessClassified(meaning, attempt.failure, error)
    return assessFailure(attempt.failure, error, { search, health, rows, target })
  }
}

interface Batch extends Pick<AssessorOptions, 'target'> {
  readonly search: Search
  readonly health: Health
  readonly rows: number
}

function assessFailure(
  failure: Failure,
  error: unknown,
  { search, health, rows, target }: Batch,
): Assessment<Candidate> {
  if (failure === 'permanent' || failure === 'duplicate') return search.refused(() => parkRefused(error))
  const { notAtFault } = health
  const cause = writeError(failure, error, target)
  switch (failure) {
    case 'ordering':
      return search.refused(({ receiveCount }) =>
        receiveCount <= maxOrderingRetries ? ofTheRow(cause) : parkRefused(error),
      )
    case 'busy':
      return assessment('stop', unattributed, cause)
    case 'locked':
      return search.suspectOutage(notAtFault, cause, 'halve')
    case 'tooSlow':
      // After a time-out, the pace limits the number of records.
      return isTimeOut(error)
        ? assessment('halve', notAtFault, cause)
        : search.suspectOutage(notAtFault, cause, 'halve')
    case 'server':
      return search.suspectOutage(notAtFault, cause)
    case 'systemic':
      // If the batch has one row, either that row or the database may cause some of these errors.
      return mayBeOfARow('systemic', error)
        ? search.suspectOutage(rows > 1 ? notAtFault : unattributed, cause)
        : assessment('stop', notAtFault, cause)
    case 'unknown':
      if (!mayBeOfARow('unknown', error)) return assessment('stop', notAtFault, cause)
      if (isOfTheServer(error)) return search.suspectOutage(notAtFault, cause)
      health.prove()
      return search.doubt(ofTheRow, cause)
    default:
      return assessment('settle', notAtFault, cause)
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

/** A retry whose cause is unknown, or is this environment instead of the database. */
function unattributed(cause: unknown): Outcome {
  return retry({ cause })
}

/** A retry for a fault of the row. If it blocks other records, it is parked when it is too old. */
export function ofTheRow(cause: unknown): Outcome {
  return retry({ cause, unavailable: false })
}

/**
 * The assessment of a batch whose table changed since its columns were read: no row is at fault, and `batch` tries it
 * again at once.
 */
export function tableChanged(table: string): Assessment<Candidate> {
  const cause = new SpillwayError(
    'SPILLWAY_WRITE_FAILED',
    `The columns of the table "${table}" changed during the write; the records are written with the new ones.`,
  )
  return assessment('stop', () => retry({ cause, unavailable: true }), cause)
}

/** Whether some records were written, and the remaining time is too short for another one. */
export function isTooLate({ isProven }: Health, pace: Pace, deadline: Deadline): boolean {
  return isProven && !pace.fits(deadline.left())
}

/** The assessment of records for which a slow database leaves no time. */
export function noTimeLeft(health: Health): Assessment<Candidate> {
  const cause = new SpillwayError(
    'SPILLWAY_DEADLINE',
    'The database is slow: other records of the batch were written, and no time is left for this one; it is delivered again.',
  )
  return assessment('stop', health.notAtFault, cause)
}

/** The assessment of a batch for which a read failed: no row was sent, so none is at fault. */
export function unsent(
  assess: Assessor,
  health: Health,
  read: Exclude<Attempt<unknown>, { kind: 'ok' }>,
): Assessment<Candidate> {
  const first = assess(read)
  const { outcome } =
    first.step === 'isolate' ? assess({ kind: 'failed', failure: 'systemic', error: read.error }) : first
  const notAtFault = (row: Candidate) => health.notAtFault((outcome(row) as RetryOutcome).cause)
  return { step: 'stop', written: false, outcome: notAtFault }
}

/** The outcome of a record that was not tried, because the search for refused rows has ended. */
export function untried(): Outcome {
  const cause = new SpillwayError(
    'SPILLWAY_WRITE_FAILED',
    'The database refuses so many rows of the batch that the search for them was ended; this one is delivered again.',
  )
  return retry({ cause })
}

/**
 * The outcome of a further record with the key of another record of the batch. Only the other one was sent. If the
 * database refused its values, this record is delivered again and sent itself.
 */
export function duplicateOutcome(outcome: Outcome): Outcome {
  if (outcome.kind !== 'park') return outcome
  const cause = new SpillwayError(
    'SPILLWAY_WRITE_FAILED',
    'Another record of the batch with the same key was parked; this one was not tried and is delivered again.',
  )
  return retry({ cause })
}

function assessment(
  step: Assessment<Candidate>['step'],
  outcome: (cause: unknown) => Outcome,
  cause: unknown,
): Assessment<Candidate> {
  return { step, written: false, outcome: () => outcome(cause) }
}
