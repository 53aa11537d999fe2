import { type ErrorCode, toError } from '@spillway/message'
import type { DatabaseErrorDescription, DialectErrors } from '../dialect-errors.ts'
import {
  fieldOf,
  isInFunction,
  isOfAParameter,
  isOfAValue,
  isOfTheText,
  isRaised,
  postgresRule,
  refusedParameter,
  sqlState,
} from './postgres-errors.ts'
import { classifyPg, classifyState, isServerState, mayBeOfARow } from './postgres-failures.ts'

// Outside these classes a message of Postgres may quote a value of the row.
const quotableClasses: ReadonlySet<string> = new Set(['08', '28', '3D', '3F', '40', '42', '53', '55', '57'])
// 42601 is also the code of a malformed tsquery.
const unquotable: ReadonlySet<string> = new Set(['08P01', '42601'])
// A value of `regclass`, `regtype`, `regproc`, `regrole`, `regnamespace` or a similar type may name an object that does
// not exist. If the statement itself names it, the server reports its position in the statement.
const quotableByPlace: ReadonlySet<string> = new Set([
  '3F000',
  '42602',
  '42704',
  '42725',
  '42883',
  '42P01',
  '42703',
])

/** Checked only if the server reports a position in the statement. */
const absent: ReadonlySet<unknown> = new Set(['42P01', '42703', '3F000'])

/** Classes of errors about the server itself, in addition to those with the failure `server`. */
const classesOfTheServer: ReadonlySet<string | undefined> = new Set(['55', '57', 'XX'])

/** Reads the errors of Postgres, node-postgres and pg-pool. */
export const postgresErrorDialect: DialectErrors = {
  codesOf(error) {
    const state = sqlState(error)
    return state === undefined ? [] : [state]
  },
  classify: classifyState,
  classifyDriver: classifyPg,
  isUnanswered: (error) => error.message === 'Query read timeout',
  describe,
  isServerCode: isServerState,
  advise,
  isAbsent: (error) => absent.has(sqlState(error)) && isOfTheText(error),
  isUnmatched: (error) => sqlState(error) === '42P10',
  isTimeOut: (error) => sqlState(error) === '57014' || sqlState(error) === '25P04',
  isPartitionMissing: (error) =>
    sqlState(error) === '23514' && fieldOf(error, 'routine') === 'ExecFindPartition',
  remedies: {
    '2200H': 'raise its `maxvalue`, or give its column a wider type',
    '22003': 'a default, or its sequence, gives a value that is too large for the column: widen the column',
    '23502': 'the column has no default and the write gives it no value: give it one of the two',
    '23503': 'a default refers to a row that does not exist: insert that row, or correct the default',
    '23505':
      'a default gives a value that is already in the table; if a sequence is behind, after a restore for example, advance it by `setval`',
    '23514': 'correct the default of the column that the write omits, or the constraint itself',
    '54000': 'see the log of the server: a wraparound of transaction ids needs a vacuum',
  },
  mayBeOfARow,
  // An error that a function raises is about the values that it was called with, regardless of its code.
  isOfTheServer: (error) => !isRaised(error) && classesOfTheServer.has(sqlState(error)?.slice(0, 2)),
  hasClasses: true,
  isOfAValue,
  placeOf: (error) => (isOfAParameter(error) ? 'parameter' : ''),
  originOf(error, hasParameters) {
    if (isRaised(error)) return 'row'
    // Without parameters, the wrong value came from a table, a sequence or the text of the statement.
    if (isOfAValue(error) && !hasParameters) return 'unsure'
    // Only the function supplies parameters.
    return isOfAParameter(error) ? 'row' : undefined
  },
  isOfEndedTransaction: (error) => sqlState(error) === '25P02',
  // The server itself refuses further statements: see `isOfEndedTransaction`.
  rollsBack: () => false,
}

/**
 * For a startup parameter that PgBouncer refuses, and for a transaction that was idle for longer than its limit
 * (25P03).
 */
function advise(error: unknown, said: string): readonly [ErrorCode, string] | undefined {
  if (sqlState(error) === '25P03') {
    return [
      'SPILLWAY_DATABASE_UNAVAILABLE',
      `The server ended the transaction because it waited too long for its next statement${said}: do not wait for other services inside a transaction, or raise \`idle_in_transaction_session_timeout\` of the role; the records are delivered again.`,
    ]
  }
  const parameter = refusedParameter(error)
  if (parameter === undefined) return undefined
  const setting = parameter === 'options' ? 'its settings' : 'it'
  return [
    'SPILLWAY_OPTION_INVALID',
    `PgBouncer refuses the startup parameter \`${parameter}\`: remove it from \`config\` or the connection string of the pool and set ${setting} for the role (\`alter role … set …\`), or add it to \`ignore_startup_parameters\` of PgBouncer, which then ignores it.`,
  ]
}

function describe(error: unknown): DatabaseErrorDescription {
  const code = sqlState(error) ?? ''
  const label = `SQLSTATE ${code}`
  const rule = postgresRule(error, code)
  if (isQuotable(error, code)) return { code, label, rule, text: toError(error).message }
  return { code, label, rule, text: rule === label ? label : `${label}: ${rule}` }
}

/** Whether a message of Postgres quotes no value. The message of an error that a function raises may quote any. */
function isQuotable(error: unknown, state: string): boolean {
  if (unquotable.has(state) || !quotableClasses.has(state.slice(0, 2)) || isInFunction(error)) return false
  return !quotableByPlace.has(state) || isOfTheText(error)
}
