import { SpillwayError } from '@spillway/message'

/** For a function that ended before its statements: what they would do is not known, or comes after COMMIT. */
export function notAwaited(statements: number, cause: unknown): SpillwayError {
  const what = statements === 1 ? '1 statement of `trx` was' : `${statements} statements of \`trx\` were`
  return new SpillwayError(
    'SPILLWAY_STATEMENT_NOT_AWAITED',
    `${what} still in flight when the transaction function returned, so nothing is committed: await each of them (forEach with an async function does not wait; use for…of or Promise.all).`,
    cause === undefined ? undefined : { cause },
  )
}

/** For a statement that begins when COMMIT was sent. It does not run. */
export function lateStatement(): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_STATEMENT_NOT_AWAITED',
    'A statement of `trx` began after the transaction function had returned and the transaction was committed; it did not run, and its effect is missing: await all that uses `trx` (forEach with an async function does not wait; use for…of or Promise.all).',
  )
}

/** For a statement that was to begin when the time of its transaction was over. */
export function tookTooLong(): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_DEADLINE',
    'The transaction took too long, so nothing of it is committed and its statement did not run: it is tried with fewer messages while time remains.',
  )
}

/** For a function that goes on after an error that ended its transaction. */
export function swallowed(cause: unknown): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_ERROR_SWALLOWED',
    'The database ended the transaction, and the function swallowed the error, so nothing is committed: let errors of `trx` through.',
    cause === undefined ? undefined : { cause },
  )
}

/** For a function that ran a ROLLBACK itself, for example. */
export function endedByFunction(): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_ERROR_SWALLOWED',
    'The transaction ended before its function: the function must not run ROLLBACK, COMMIT or statements that commit by themselves.',
  )
}
