import type { Failure } from '../../errors/failure.ts'
import {
  fieldOf,
  isLimitOfAValue,
  isOfTheText,
  isRaised,
  refusedParameter,
  sqlState,
} from './postgres-errors.ts'

/**
 * The failure for each SQLSTATE of Postgres. docs/kysely.md has the same table.
 *
 * Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
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
  ['54000', 'fault'], // `permanent` if it is about the size of a value
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

/** The failure for a SQLSTATE that is not listed, by its class. */
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

/** Errors that node-postgres and pg-pool throw without a code. */
const byMessage: readonly (readonly [RegExp, Failure])[] = [
  [/^timeout exceeded when trying to connect/, 'saturation'],
  [/^Connection terminated/, 'connection'],
  [/^Client has encountered a connection error and is not queryable/, 'connection'],
  [/^Client was closed and is not queryable/, 'connection'],
  [/^timeout expired/, 'connection'],
  [/^Query read timeout/, 'tooSlow'],
]

/** The failure that an error of node-postgres or pg-pool stands for; `undefined` for any other error. */
export function classifyPg(thrown: object): Failure | undefined {
  const message = 'message' in thrown ? String(thrown.message) : ''
  return byMessage.find(([pattern]) => pattern.test(message))?.[1]
}

/** The failure for a SQLSTATE, without the fields of its error. */
export function failureOfState(state: string): Failure {
  return byState.get(state) ?? byStateClass.get(state.slice(0, 2)) ?? 'unknown'
}

/** Failures that may be about a row, unless the error ended the session. */
const ofARow: ReadonlySet<Failure> = new Set([
  'permanent',
  'ordering',
  'duplicate',
  'fault',
  'server',
  'unknown',
])

/** The failure that an error of the server stands for. */
export function classifyState(thrown: object): Failure {
  const state = sqlState(thrown) ?? ''
  const failure = failureOfState(state)
  // PgBouncer ends sessions with 08P01.
  const isFatal = 'severity' in thrown && (thrown.severity === 'FATAL' || thrown.severity === 'PANIC')
  if (isFatal) return isOfOptions(state, thrown) ? 'systemic' : ofARow.has(failure) ? 'connection' : failure
  // An error that a function raises is about the values that it was called with, not about the server. Unless its
  // author uses a code for wrong data (classes 22 and 23), its meaning is not known.
  if (isRaised(thrown)) return saysDataAreWrong(state) ? failure : 'unknown'
  if (state === '54000' && isLimitOfAValue(thrown)) return 'permanent'
  // If no constraint is named, a partition is missing.
  const isUnnamed = fieldOf(thrown, 'constraint') === undefined && fieldOf(thrown, 'dataType') === undefined
  return state === '23514' && isUnnamed ? 'fault' : failure
}

/** Whether a session ends at its start because of a setting that the options of the pool send. */
function isOfOptions(state: string, thrown: object): boolean {
  return state.startsWith('22') || refusedParameter(thrown) !== undefined
}

/** 22004 is the code of a `raise` whose own options are null, 2200H that of a sequence. */
function saysDataAreWrong(state: string): boolean {
  return /^2[23]/.test(state) && state !== '22004' && state !== '2200H'
}

// Codes about the server itself, its sessions, its schema and its files.
const classesOfTheServer =
  /^(?:00|08|25|28|2D|3D|3F|40|42|53|57|58|F0|0A)|^(?:55006|55P03|XX00[12]|54\d{3}|2200H)$/

/** Failures that a row may cause. */
const causedByARow: ReadonlySet<Failure> = new Set(['permanent', 'ordering', 'duplicate', 'unknown'])

/** Whether the server sends a SQLSTATE only for its own faults; `undefined` for a text that is not a SQLSTATE. */
export function isServerState(code: string): boolean | undefined {
  if (!/^[\dA-Z]{5}$/.test(code)) return undefined
  return classesOfTheServer.test(code) || !causedByARow.has(failureOfState(code))
}

/**
 * States that name a table or a column. If the server reports a position, the statement names it; otherwise a value of
 * `regclass` or a similar type does. For a conflict without a constraint (42P10) the server reports no position.
 */
const statesOfTheText: ReadonlySet<string> = new Set(['42P01', '42703', '3F000'])

/**
 * Values can cause errors of these classes too: a row-level policy (42501), a malformed tsquery (42601), a `regclass`
 * that names another database (0A000), a `regnamespace` (3F000).
 */
const classesOfValues: ReadonlySet<string> = new Set(['0A', '3F', '42'])

/** Whether the values of a single row may cause an error that is `systemic` or `unknown`. */
export function mayBeOfARow(failure: 'systemic' | 'unknown', error: unknown): boolean {
  const state = sqlState(error) ?? ''
  if (failure === 'unknown') return true
  if (state === '42P10' || !classesOfValues.has(state.slice(0, 2))) return false
  return !(statesOfTheText.has(state) || state === '0A000') || !isOfTheText(error)
}
