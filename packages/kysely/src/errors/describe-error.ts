import {
  type ErrorCode,
  type ParkOutcome,
  type ParkReason,
  park,
  SpillwayError,
  toError,
} from '@spillway/message'
import { mysqlNumber } from '../dialects/mysql/mysql-errors.ts'
import { isOfTheText, refusedParameter, sqlState } from '../dialects/postgres/postgres-errors.ts'
import { decide, type Failure } from './classify-error.ts'
import { databaseWords } from './database-words.ts'
import { withoutValues } from './without-values.ts'

/** What a write was to go to, by the names that the app has for it. */
export interface WriteTarget {
  readonly table: string
  /** The conflict columns. */
  readonly conflict?: readonly string[]
}

/**
 * Why the database refuses a row: a code and a sentence out of fixed words and names of the schema. The code is the
 * SQLSTATE of Postgres, `MYSQL_` and the number of MySQL and MariaDB.
 *
 * The database's own message and `detail` are left out, because they hold values of the row.
 */
export function refusal(thrown: unknown): ParkReason {
  const words = databaseWords(decide(thrown).error)
  if (words === undefined) return { code: 'SPILLWAY_ROW_REFUSED', detail: 'The database refuses the row.' }
  return { code: words.code, detail: `The database refuses the row: ${words.rule}.` }
}

/** The outcome of a row that the database refuses for good: the reason travels, the error is for the log. */
export function parkRefused(thrown: unknown): ParkOutcome {
  const reason = refusal(thrown)
  const cause = new SpillwayError('SPILLWAY_ROW_REFUSED', reason.detail, { cause: withoutValues(thrown) })
  return park(reason, { cause })
}

/** The error for the log of a record that is retried: says what to do and holds no value of a row. */
export function writeError(failure: Failure, thrown: unknown, target?: WriteTarget): SpillwayError {
  const cause = withoutValues(thrown)
  // The writer's own errors, a missing table for example, already say what to do.
  if (cause instanceof SpillwayError) return cause
  const [code, message] = advice(failure, thrown, target)
  return new SpillwayError(code, message, { cause })
}

/** SQLSTATE: the server ended a session whose transaction was idle for longer than its limit. */
const idleTransactionEnded = '25P03'

function advice(failure: Failure, thrown: unknown, target?: WriteTarget): readonly [ErrorCode, string] {
  const said = whatWasSaid(thrown)
  const table = target === undefined ? '' : ` to "${target.table}"`
  const parameter = refusedParameter(decide(thrown).error)
  if (parameter !== undefined) {
    const setting = parameter === 'options' ? 'its settings' : 'it'
    return [
      'SPILLWAY_OPTION_INVALID',
      `PgBouncer refuses the startup parameter \`${parameter}\`: leave the option of the pool out that sends it (\`statementTimeoutMillis\`, for example) and set ${setting} for the role (\`alter role … set …\`), or add it to \`ignore_startup_parameters\` of PgBouncer, where it has no effect then.`,
    ]
  }
  if (isAbsent(thrown)) {
    return [
      'SPILLWAY_TABLE_UNKNOWN',
      `The table or a column of the write${table} does not exist${said}: run the migration.`,
    ]
  }
  if (target?.conflict !== undefined && isUnmatched(thrown)) {
    const columns = target.conflict.map((column) => `"${column}"`).join(', ')
    return [
      'SPILLWAY_WRITE_FAILED',
      `No unique constraint of "${target.table}" covers exactly the conflict columns ${columns}${said}: add it, or correct \`conflict\`.`,
    ]
  }
  if (databaseWords(decide(thrown).error)?.code === idleTransactionEnded) {
    return [
      'SPILLWAY_DATABASE_UNAVAILABLE',
      `The server ended the transaction because it waited too long for its next statement${said}: wait for nothing but the database inside a transaction, or raise \`idleInTransactionSessionTimeoutMillis\` of the pool; the records are delivered again.`,
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
      return ['SPILLWAY_CONNECTIONS_BUSY', toError(decide(thrown).error).message]
    case 'systemic':
      return [
        'SPILLWAY_WRITE_FAILED',
        `The database refuses the write${table}${said}: check the schema, the rights and the disk of the database.`,
      ]
    case 'server':
      return [
        'SPILLWAY_WRITE_FAILED',
        `The database has trouble with itself${said}: check its disk, its memory and its log; the records are delivered again.`,
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
        `The row refers to a row that is not there yet${said}; the record is delivered again.`,
      ]
    default:
      return ['SPILLWAY_WRITE_FAILED', `The database could not take the write${table} now${said}.`]
  }
}

const mostSaid = 300

/** What the database or the network said, in parentheses, as far as it holds no value of a row. */
export function whatWasSaid(thrown: unknown): string {
  const { failure, error } = decide(thrown)
  const words = databaseWords(error)
  // What is not known may be of the app's own code: it is told by the cause.
  if (words === undefined && failure === 'unknown') return ''
  const said = words?.text ?? toError(error).message
  const state = sqlState(error)
  const text = state === undefined || said.startsWith('SQLSTATE') ? said : `SQLSTATE ${state}: ${said}`
  return text === '' ? '' : ` (${text.length > mostSaid ? `${text.slice(0, mostSaid)}…` : text})`
}

// In Postgres where it points at the text of the statement. 1054 and 1146, a column and a table that do not exist, have states of their own.
const absent: ReadonlySet<unknown> = new Set(['42P01', '42703', '3F000', '42S02', '42S22'])

/** Whether a table or a column of the statement does not exist; one that a value names is no matter of a migration. */
export function isAbsent(thrown: unknown): boolean {
  const { error } = decide(thrown)
  if (mysqlNumber(error) !== undefined) return absent.has(Reflect.get(Object(error), 'sqlState'))
  return absent.has(sqlState(error)) && isOfTheText(error)
}

/** Whether a table has no constraint for the conflict columns. */
function isUnmatched(thrown: unknown): boolean {
  return sqlState(decide(thrown).error) === '42P10'
}
