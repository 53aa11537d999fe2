import { type ErrorCode, isUnavailable, SpillwayError } from '@spillway/message'
import { dialectErrors, dialectErrorsOf } from '../dialects/all-errors.ts'
import type { DatabaseErrorDescription } from '../dialects/dialect-errors.ts'
import type { Failure } from './failure.ts'

// Codes with which the catalogue refuses a table, or a pool a connection.
const systemicCodes: ReadonlySet<ErrorCode> = new Set([
  'SPILLWAY_TABLE_UNKNOWN',
  'SPILLWAY_WRITE_FAILED',
  'SPILLWAY_OPTION_INVALID',
])

/** Errors of OpenSSL and Node about a certificate that is not trusted (Node.js documentation, "tls"). */
const certificateCode =
  /^(?:ERR_TLS_CERT_|CERT_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(?:GET_ISSUER|VERIFY))/

/** The maximum number of nested errors that are checked for one that reports an outage. */
const maxChecked = 1_000

/** Sorts the error of a rejected statement into a {@link Failure}. Pure; never throws. */
export function classifyError(thrown: unknown): Failure {
  return decide(thrown).failure
}

/**
 * The failure of a rejected statement, and the error that shows it: the database's own error may be the cause of
 * others.
 */
export function decide(thrown: unknown): { readonly failure: Failure; readonly error: unknown } {
  // Iterating a set includes elements that are added meanwhile, and ends even if causes are circular.
  const errors = new Set([thrown])
  let unknown = thrown
  for (const error of errors) {
    const failure = classifyOne(error)
    if (failure !== undefined && failure !== 'unknown') return { failure, error }
    if (failure === undefined) for (const inner of innerErrors(error)) errors.add(inner)
    else if (unknown === thrown && dialectErrorsOf(error) !== undefined) unknown = error
  }
  if (!isUnavailable(thrown)) return { failure: 'unknown', error: unknown }
  // The innermost one: the outer errors only contain it.
  return { failure: 'connection', error: [...errors].slice(0, maxChecked).findLast(isUnavailable) ?? thrown }
}

/** The failure that one error stands for; `undefined` if its inner errors may show it. */
function classifyOne(thrown: unknown): Failure | undefined {
  if (typeof thrown !== 'object' || thrown === null) return 'unknown'
  if (thrown instanceof SpillwayError) return failureOfCode(thrown.code)
  const dialect = dialectErrorsOf(thrown)
  if (dialect !== undefined) return dialect.classify(thrown)
  if ('code' in thrown && typeof thrown.code === 'string') {
    if (certificateCode.test(thrown.code)) return 'systemic'
    // A Unix socket whose server is not running. Other missing files are unrelated to the database.
    if (thrown.code === 'ENOENT' && 'syscall' in thrown && thrown.syscall === 'connect') return 'connection'
  }
  for (const { classifyDriver } of dialectErrors) {
    const failure = classifyDriver(thrown)
    if (failure !== undefined) return failure
  }
  return undefined
}

function failureOfCode(code: ErrorCode): Failure {
  if (code === 'SPILLWAY_CONNECTIONS_BUSY') return 'busy'
  if (code === 'SPILLWAY_DEADLINE') return 'tooSlow'
  return systemicCodes.has(code) ? 'systemic' : 'unknown'
}

/** The errors that an error contains: its cause, and for a host with several addresses one error for each address. */
export function innerErrors(thrown: unknown): readonly unknown[] {
  const causes = typeof thrown === 'object' && thrown !== null && 'cause' in thrown ? [thrown.cause] : []
  return thrown instanceof AggregateError ? [...thrown.errors, ...causes] : causes
}

/** Whether the driver's own time-out ended the wait for a statement that the server still runs. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof Error && dialectErrors.some((dialect) => dialect.isUnanswered(error))
}

/** Whether a database refused a value that does not fit the type of its column, so that no row can contain it. */
export function isOfAValue(error: unknown): boolean {
  return dialectErrorsOf(error)?.isOfAValue(error) ?? false
}

/** The description, without values of a row, of an error that a database sent; `undefined` for any other error. */
export function describeDatabaseError(error: unknown): DatabaseErrorDescription | undefined {
  return dialectErrorsOf(error)?.describe(error)
}

/** Whether a statement or a transaction was ended because it took too long: with fewer records it takes less time. */
export function isTimeOut(thrown: unknown): boolean {
  const { failure, error } = decide(thrown)
  if (failure !== 'tooSlow') return false
  const isOurs = error instanceof SpillwayError && error.code === 'SPILLWAY_DEADLINE'
  return isOurs || (dialectErrorsOf(error)?.isTimeOut(error) ?? false) || isUnanswered(error)
}
