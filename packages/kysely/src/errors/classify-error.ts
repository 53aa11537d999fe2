import { type ErrorCode, isUnavailable, SpillwayError } from '@spillway/message'
import { dialectErrors, dialectErrorsOf } from '../dialects/all-errors.ts'
import type { DatabaseWords } from '../dialects/dialect-errors.ts'
import type { Failure } from './failure.ts'

// The catalogue refuses a table with these codes, and a pool a connection.
const systemicCodes: ReadonlySet<ErrorCode> = new Set([
  'SPILLWAY_TABLE_UNKNOWN',
  'SPILLWAY_WRITE_FAILED',
  'SPILLWAY_OPTION_INVALID',
])

/** Errors of OpenSSL and Node about a certificate that is not trusted (Node.js documentation, "tls"). */
const certificateCode =
  /^(?:ERR_TLS_CERT_|CERT_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(?:GET_ISSUER|VERIFY))/

/** How many errors that contain one another are checked for one that says that something is down. */
const mostAsked = 1_000

/** Sorts what a statement was rejected with into a {@link Failure}. Pure; never throws. */
export function classifyError(thrown: unknown): Failure {
  return decide(thrown).failure
}

/** What a rejected statement means, and the error that says so: the database's own error may be the cause of others. */
export function decide(thrown: unknown): { readonly failure: Failure; readonly error: unknown } {
  // Iterating a set includes elements that are added meanwhile, and a set has errors once that are each other's cause.
  const errors = new Set([thrown])
  let unknown = thrown
  for (const error of errors) {
    const failure = classifyOne(error)
    if (failure !== undefined && failure !== 'unknown') return { failure, error }
    if (failure === undefined) for (const inner of innerErrors(error)) errors.add(inner)
    else if (unknown === thrown && dialectErrorsOf(error) !== undefined) unknown = error
  }
  if (!isUnavailable(thrown)) return { failure: 'unknown', error: unknown }
  // The innermost: the outer errors only contain it.
  return { failure: 'connection', error: [...errors].slice(0, mostAsked).findLast(isUnavailable) ?? thrown }
}

/** The meaning of one error; `undefined` if its inner errors may show it. */
function classifyOne(thrown: unknown): Failure | undefined {
  if (typeof thrown !== 'object' || thrown === null) return 'unknown'
  if (thrown instanceof SpillwayError) return failureOfCode(thrown.code)
  const dialect = dialectErrorsOf(thrown)
  if (dialect !== undefined) return dialect.classify(thrown)
  if ('code' in thrown && typeof thrown.code === 'string') {
    if (certificateCode.test(thrown.code)) return 'systemic'
    // A Unix socket whose server is not running. Any other missing file says nothing about the database.
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

/** Whether a statement was given up by the driver's own time-out, while the server still runs it. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof Error && dialectErrors.some((dialect) => dialect.isUnanswered(error))
}

/** Whether a database refused a value that does not fit the type of its column: no row of the table has such a value. */
export function isOfAValue(error: unknown): boolean {
  return dialectErrorsOf(error)?.isOfAValue(error) ?? false
}

/** An error that a database sent in words that hold no value of a row; `undefined` for any other error. */
export function databaseWords(error: unknown): DatabaseWords | undefined {
  return dialectErrorsOf(error)?.describe(error)
}

/** Whether a statement or a transaction was ended because it took too long: with fewer records it takes less time. */
export function isTimeOut(thrown: unknown): boolean {
  const { failure, error } = decide(thrown)
  if (failure !== 'tooSlow') return false
  const isOurs = error instanceof SpillwayError && error.code === 'SPILLWAY_DEADLINE'
  return isOurs || (dialectErrorsOf(error)?.isTimeOut(error) ?? false) || isUnanswered(error)
}
