import {
  type ErrorCode,
  type ParkOutcome,
  type ParkReason,
  park,
  SpillwayError,
  toError,
} from '@spillway/message'
import { dialectErrorsOf } from '../dialects/all-errors.ts'
import { decide, describeDatabaseError } from './classify-error.ts'
import type { Failure } from './failure.ts'
import { withoutValues } from './without-values.ts'

/** The target of a write, by the names that the app uses. */
export interface WriteTarget {
  readonly table: string
  /** The conflict columns. */
  readonly conflict?: readonly string[]
}

/**
 * The reason for which the database refuses a row: a code, and a sentence of fixed words and names of the schema. The
 * code is the SQLSTATE of Postgres, or `MYSQL_` and the number of MySQL and MariaDB.
 *
 * The database's own message and `detail` are omitted, because they contain values of the row.
 */
export function refusal(thrown: unknown): ParkReason {
  const words = describeDatabaseError(decide(thrown).error)
  if (words === undefined) return { code: 'SPILLWAY_ROW_REFUSED', detail: 'The database refuses the row.' }
  return { code: words.code, detail: `The database refuses the row: ${words.rule}.` }
}

/** The outcome of a row that the database will always refuse. The parked copy has the reason, the log has the error. */
export function parkRefused(thrown: unknown): ParkOutcome {
  const reason = refusal(thrown)
  const cause = new SpillwayError('SPILLWAY_ROW_REFUSED', reason.detail, { cause: withoutValues(thrown) })
  return park(reason, { cause })
}

/** The logged error of a record that is retried. It states what to do, and contains no value of a row. */
export function writeError(failure: Failure, thrown: unknown, target?: WriteTarget): SpillwayError {
  const cause = withoutValues(thrown)
  // The writer's own errors, a missing table for example, already state what to do.
  if (cause instanceof SpillwayError) return cause
  const [code, message] = advice(failure, thrown, target)
  return new SpillwayError(code, message, { cause })
}

function advice(failure: Failure, thrown: unknown, target?: WriteTarget): readonly [ErrorCode, string] {
  const said = databaseMessage(thrown)
  const table = target === undefined ? '' : ` to "${target.table}"`
  const { error } = decide(thrown)
  const dialect = dialectErrorsOf(error)
  const special = dialect?.advise(error, said)
  if (special !== undefined) return special
  if (isAbsent(thrown)) {
    return [
      'SPILLWAY_TABLE_UNKNOWN',
      `The table or a column of the write${table} does not exist${said}: run the migration.`,
    ]
  }
  if (target?.conflict !== undefined && dialect?.isUnmatched(error)) {
    const columns = target.conflict.map((column) => `"${column}"`).join(', ')
    return [
      'SPILLWAY_WRITE_FAILED',
      `No unique constraint of "${target.table}" covers exactly the conflict columns ${columns}${said}: add it, or correct \`conflict\`.`,
    ]
  }
  switch (failure) {
    case 'saturation':
    case 'connection':
      return [
        'SPILLWAY_DATABASE_UNAVAILABLE',
        `The database is saturated or cannot be reached${said}; the records are delivered again.`,
      ]
    case 'busy':
      return ['SPILLWAY_CONNECTIONS_BUSY', toError(error).message]
    case 'systemic':
      return [
        'SPILLWAY_WRITE_FAILED',
        `The database refuses the write${table}${said}: check the schema, the rights and the disk of the database.`,
      ]
    case 'server':
      return [
        'SPILLWAY_WRITE_FAILED',
        `The database has an internal error${said}: check its disk, its memory and its log; the records are delivered again.`,
      ]
    case 'locked':
      return [
        'SPILLWAY_WRITE_FAILED',
        `The write${table} waits too long for a lock${said}: look for the transaction that holds it; the records are delivered again.`,
      ]
    case 'tooSlow':
      return [
        'SPILLWAY_WRITE_FAILED',
        `The write${table} takes too long${said}: check locks, or make batches smaller.`,
      ]
    case 'ordering':
      return [
        'SPILLWAY_WRITE_FAILED',
        `The row refers to a row that does not exist yet${said}; the record is delivered again.`,
      ]
    default:
      return ['SPILLWAY_WRITE_FAILED', `The database could not accept the write${table}${said}.`]
  }
}

const maxMessage = 300

/** The message of the database or the network in parentheses, if it contains no value of a row. */
export function databaseMessage(thrown: unknown): string {
  const { failure, error } = decide(thrown)
  const words = describeDatabaseError(error)
  // An unknown error may come from the app's code: the cause shows it.
  if (words === undefined && failure === 'unknown') return ''
  const said = words?.text ?? toError(error).message
  const text = words === undefined || said.startsWith(words.label) ? said : `${words.label}: ${said}`
  return text === '' ? '' : ` (${text.length > maxMessage ? `${text.slice(0, maxMessage)}…` : text})`
}

/** Whether the statement itself, not a value, names a table or a column that does not exist. */
export function isAbsent(thrown: unknown): boolean {
  const { error } = decide(thrown)
  return dialectErrorsOf(error)?.isAbsent(error) ?? false
}

/**
 * The error for records that fail for a reason that no row caused. It instructs an operator, and contains no value of a
 * row.
 */
export function faultError(thrown: unknown, target?: WriteTarget): SpillwayError {
  const { error } = decide(thrown)
  const table = target === undefined ? 'the table' : `"${target.table}"`
  return new SpillwayError(
    'SPILLWAY_DATABASE_FAULT',
    `The write to ${table} fails for a reason that no record causes: ${remedyOf(error, table)}. Nothing is parked; the records are delivered again.`,
    { cause: withoutValues(thrown) },
  )
}

function remedyOf(error: unknown, table: string): string {
  const dialect = dialectErrorsOf(error)
  const general = 'correct the default, the trigger or the schema'
  if (dialect === undefined) return `an error without a code: ${general}`
  const { code, label, rule } = dialect.describe(error)
  if (dialect.isPartitionMissing(error)) return `${table} has no partition for the row (${label}): create it`
  return `${rule.includes(label) ? rule : `${rule}, ${label}`}: ${dialect.remedies[code] ?? general}`
}
