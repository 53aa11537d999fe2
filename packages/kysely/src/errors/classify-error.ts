import { type ErrorCode, isUnavailable, SpillwayError } from '@spillway/message'
import { classifyMysql, mysqlNumber } from '../dialects/mysql/mysql-errors.ts'
import {
  fieldOf,
  isLimitOfAValue,
  isRaised,
  refusedParameter,
  sqlState,
} from '../dialects/postgres/postgres-errors.ts'

/**
 * What a failed statement means for the batch:
 *
 * - `saturation`: the database has no room now; nothing was executed
 * - `busy`: other uses of this environment have all its connections; nothing was executed
 * - `connection`: the connection is gone, or leads to a server that no longer takes writes
 * - `transient`: a conflict with another transaction; the same statement may pass at once
 * - `locked`: another transaction holds a lock for too long; a smaller statement may not need it
 * - `tooSlow`: the statement is too long or too large; a smaller one may pass
 * - `server`: the server has trouble with itself, a file that it cannot read for example; other rows may pass
 * - `systemic`: every record would fail: wrong password, missing table, full disk
 * - `fault`: the database fails for a reason that no row gave: a sequence is exhausted, a partition is missing
 * - `permanent`: the database refuses a row for good
 * - `ordering`: a row refers to one that is not there yet
 * - `duplicate`: a row breaks a unique constraint other than the one that means "already written"
 * - `unknown`: none of these; retried, never parked
 */
export type Failure =
  | 'saturation'
  | 'busy'
  | 'connection'
  | 'transient'
  | 'locked'
  | 'tooSlow'
  | 'server'
  | 'systemic'
  | 'fault'
  | 'permanent'
  | 'ordering'
  | 'duplicate'
  | 'unknown'

// Source of the codes: https://www.postgresql.org/docs/current/errcodes-appendix.html; the table is in docs/kysely.md.
/** What a SQLSTATE of Postgres means. */
export const byState: ReadonlyMap<string, Failure> = new Map([
  ['08000', 'saturation'], // RDS Proxy: no connection within the borrow time-out
  ['08001', 'connection'],
  ['08003', 'connection'],
  ['08004', 'saturation'],
  ['08006', 'connection'],
  ['08007', 'connection'],
  ['0A000', 'systemic'],
  ['2200H', 'fault'],
  ['23000', 'permanent'],
  ['23001', 'permanent'],
  ['23502', 'permanent'],
  ['23503', 'ordering'],
  ['23505', 'duplicate'],
  ['23514', 'permanent'],
  ['23P01', 'permanent'],
  ['25006', 'connection'], // read-only: the server was demoted
  ['25P03', 'connection'],
  ['25P04', 'tooSlow'],
  ['40000', 'transient'],
  ['40001', 'transient'],
  ['40003', 'transient'],
  ['40P01', 'transient'],
  ['53000', 'saturation'],
  ['53100', 'systemic'],
  ['53200', 'tooSlow'],
  ['53300', 'saturation'],
  ['53400', 'saturation'],
  ['54000', 'fault'], // `permanent` where it is the size of a value
  ['54001', 'permanent'],
  ['55P03', 'locked'],
  ['57014', 'tooSlow'],
  ['57P01', 'connection'],
  ['57P02', 'connection'],
  ['57P03', 'saturation'],
  ['57P04', 'systemic'],
  ['57P05', 'connection'],
  ['XX001', 'server'],
  ['XX002', 'server'],
])

/** What a SQLSTATE means that is not listed, by its class. */
export const byStateClass: ReadonlyMap<string, Failure> = new Map([
  ['22', 'permanent'],
  ['28', 'systemic'],
  ['3D', 'systemic'],
  ['3F', 'systemic'],
  ['42', 'systemic'],
  ['53', 'server'],
  ['58', 'server'],
  ['F0', 'server'],
])

// What the catalogue refuses a table for, and a pool a connection.
const systemicCodes: ReadonlySet<ErrorCode> = new Set([
  'SPILLWAY_TABLE_UNKNOWN',
  'SPILLWAY_WRITE_FAILED',
  'SPILLWAY_OPTION_INVALID',
])

/** What OpenSSL and Node say of a certificate that is not to be trusted (Node.js documentation, "tls"). */
const certificateCode =
  /^(?:ERR_TLS_CERT_|CERT_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(?:GET_ISSUER|VERIFY))/

// node-postgres and pg-pool throw these without a code.
const byMessage: readonly (readonly [RegExp, Failure])[] = [
  [/^timeout exceeded when trying to connect/, 'saturation'],
  [/^Connection terminated/, 'connection'],
  [/^Client has encountered a connection error and is not queryable/, 'connection'],
  [/^Client was closed and is not queryable/, 'connection'],
  [/^timeout expired/, 'connection'],
  [/^Query read timeout/, 'tooSlow'],
]

/** Of how many errors that hold each other it is asked which one says that something is down. */
const mostAsked = 1_000

/** Sorts what a statement was rejected with into a {@link Failure}. Pure; never throws. */
export function classifyError(thrown: unknown): Failure {
  return decide(thrown).failure
}

/** What a statement was rejected with means, and which error says so: that of the database may be the cause of others. */
export function decide(thrown: unknown): { readonly failure: Failure; readonly error: unknown } {
  // A set is iterated over what is added meanwhile, and holds errors once that are each other's cause.
  const errors = new Set([thrown])
  let unknown = thrown
  for (const error of errors) {
    const failure = classifyOne(error)
    if (failure !== undefined && failure !== 'unknown') return { failure, error }
    if (failure === undefined) for (const inner of innerErrors(error)) errors.add(inner)
    else if (unknown === thrown && isOfDatabase(error)) unknown = error
  }
  if (!isUnavailable(thrown)) return { failure: 'unknown', error: unknown }
  // The innermost: those above only hold it.
  return { failure: 'connection', error: [...errors].slice(0, mostAsked).findLast(isUnavailable) ?? thrown }
}

function isOfDatabase(error: unknown): boolean {
  return sqlState(error) !== undefined || mysqlNumber(error) !== undefined
}

// `undefined`: its inner errors may tell.
function classifyOne(thrown: unknown): Failure | undefined {
  if (typeof thrown !== 'object' || thrown === null) return 'unknown'
  if (thrown instanceof SpillwayError) return failureOfCode(thrown.code)
  const state = sqlState(thrown)
  if (state !== undefined) return classifyState(state, thrown)
  if ('code' in thrown && typeof thrown.code === 'string') {
    if (certificateCode.test(thrown.code)) return 'systemic'
    // A Unix socket whose server is not running; a missing file says nothing about the database.
    if (thrown.code === 'ENOENT' && 'syscall' in thrown && thrown.syscall === 'connect') return 'connection'
  }
  const other = classifyMysql(thrown)
  if (other !== undefined) return other
  const message = 'message' in thrown ? String(thrown.message) : ''
  return byMessage.find(([pattern]) => pattern.test(message))?.[1]
}

function failureOfCode(code: ErrorCode): Failure {
  if (code === 'SPILLWAY_CONNECTIONS_BUSY') return 'busy'
  if (code === 'SPILLWAY_DEADLINE') return 'tooSlow'
  return systemicCodes.has(code) ? 'systemic' : 'unknown'
}

/** What lies beneath an error. Happy Eyeballs: one error for each address of a host that was tried. */
export function innerErrors(thrown: unknown): readonly unknown[] {
  const causes = typeof thrown === 'object' && thrown !== null && 'cause' in thrown ? [thrown.cause] : []
  return thrown instanceof AggregateError ? [...thrown.errors, ...causes] : causes
}

/** What a SQLSTATE of Postgres means by itself. */
export function failureOfState(state: string): Failure {
  return byState.get(state) ?? byStateClass.get(state.slice(0, 2)) ?? 'unknown'
}

/** What an error that ended the session means where its code would be a row's: it says nothing about a row. */
const ofARow: ReadonlySet<Failure> = new Set([
  'permanent',
  'ordering',
  'duplicate',
  'fault',
  'server',
  'unknown',
])

function classifyState(state: string, thrown: object): Failure {
  const failure = failureOfState(state)
  // PgBouncer ends sessions with 08P01.
  const isFatal = 'severity' in thrown && (thrown.severity === 'FATAL' || thrown.severity === 'PANIC')
  if (isFatal) return isOfOptions(state, thrown) ? 'systemic' : ofARow.has(failure) ? 'connection' : failure
  // Whatever a function raises is about what it was called for, not about the server; unless its author says that the
  // data are wrong (classes 22 and 23) it may be anything.
  if (isRaised(thrown)) return saysDataAreWrong(state) ? failure : 'unknown'
  if (state === '54000' && isLimitOfAValue(thrown)) return 'permanent'
  // Without the name of a constraint it is a partition that is missing.
  const isUnnamed = fieldOf(thrown, 'constraint') === undefined && fieldOf(thrown, 'dataType') === undefined
  return state === '23514' && isUnnamed ? 'fault' : failure
}

/** Whether a session ends at its start because of what the options of the pool send: a setting, or its value. */
function isOfOptions(state: string, thrown: object): boolean {
  return state.startsWith('22') || refusedParameter(thrown) !== undefined
}

/** 22004 is that of a `raise` whose own options are null, 2200H that of a sequence. */
function saysDataAreWrong(state: string): boolean {
  return /^2[23]/.test(state) && state !== '22004' && state !== '2200H'
}
