import { type ErrorCode, type ParkReason, SpillwayError, toError } from '@spillway/message'
import { type Failure, sqlState } from './classify-error.ts'
import { mysqlNumber, mysqlRule } from './mysql-errors.ts'
import { sqliteCode, sqliteRule } from './sqlite-errors.ts'

const refusals: Readonly<Record<string, string>> = {
  '08P01': 'the parameters break the protocol',
  '22001': 'a text is too long for its column',
  '22003': 'a number is out of range for its column',
  '22007': 'a date or time is malformed',
  '22008': 'a date or time is out of range',
  '22021': 'a text has a character that the database cannot store',
  '22P02': 'a value is malformed for the type of its column',
  '22P05': 'a text has a character that the database cannot store',
  '23502': 'not-null constraint',
  '23503': 'foreign key constraint',
  '23505': 'unique constraint',
  '23514': 'check constraint',
  '23P01': 'exclusion constraint',
}

// Outside these classes a message of Postgres may quote a value of the row.
const quotableClasses: ReadonlySet<string> = new Set(['08', '28', '3D', '3F', '40', '42', '53', '55', '57'])
// What a server of MySQL says about itself, its users, schema and locks.
const quotableNumbers: ReadonlySet<number> = new Set([
  1040, 1044, 1045, 1049, 1053, 1054, 1114, 1142, 1146, 1153, 1203, 1205, 1213, 1226, 1290, 1317, 1364, 1792,
  1836, 1969, 2006, 2013, 3024, 3572, 4031, 9501,
])
// The latter for a malformed tsquery.
const unquotable: ReadonlySet<string> = new Set(['08P01', '42601'])

/**
 * Why the database refuses a row: a code and a sentence out of fixed words and names of the schema. The code is the
 * SQLSTATE of Postgres, `MYSQL_` or `SQLITE_` and the number of the others.
 *
 * The database's own message and `detail` are left out, because they hold values of the row.
 */
export function refusal(thrown: unknown): ParkReason {
  const number = mysqlNumber(thrown)
  if (number !== undefined) {
    return { code: `MYSQL_${number}`, detail: `The database refuses the row: ${mysqlRule(thrown, number)}.` }
  }
  const result = sqliteCode(thrown)
  if (result !== undefined) {
    return { code: `SQLITE_${result}`, detail: `The database refuses the row: ${sqliteRule(result)}.` }
  }
  const code = sqlState(thrown) ?? 'SPILLWAY_ROW_REFUSED'
  const rule = refusals[code] ?? `SQLSTATE ${code}`
  const constraint = nameIn(thrown, 'constraint')
  const column = nameIn(thrown, 'column')
  const table = nameIn(thrown, 'table')
  const words = [
    `The database refuses the row: ${rule}`,
    constraint === undefined ? '' : ` "${constraint}"`,
    column === undefined ? '' : ` on column "${column}"`,
    table === undefined ? '' : ` of table "${table}"`,
  ]
  return { code, detail: `${words.join('')}.` }
}

/** The error for the log of a record that is retried: says what to do and holds no value of a row. */
export function writeError(failure: Failure, thrown: unknown): SpillwayError {
  // The writer's own errors, a missing table for example, already say what to do.
  if (thrown instanceof SpillwayError) return thrown
  const [code, message] = advice(failure, sqlState(thrown) ?? mysqlState(thrown))
  return new SpillwayError(code, message, { cause: withoutValues(thrown) })
}

function advice(failure: Failure, state: string | undefined): readonly [ErrorCode, string] {
  if (state !== undefined && absent.has(state)) {
    return ['SPILLWAY_TABLE_UNKNOWN', 'The table or a column of the write does not exist: run the migration.']
  }
  const suffix = state === undefined ? '' : ` (SQLSTATE ${state})`
  switch (failure) {
    case 'saturation':
    case 'connection':
      return [
        'SPILLWAY_DATABASE_UNAVAILABLE',
        `The database is saturated or cannot be reached${suffix}; the records are delivered again.`,
      ]
    case 'systemic':
      return [
        'SPILLWAY_WRITE_FAILED',
        `The database refuses the write${suffix}: check the schema, the rights and the disk of the database.`,
      ]
    case 'tooSlow':
      return [
        'SPILLWAY_WRITE_FAILED',
        `The statement takes too long${suffix}: check locks, or make batches smaller.`,
      ]
    case 'ordering':
      return ['SPILLWAY_WRITE_FAILED', `The row refers to a row that is not there yet${suffix}.`]
    default:
      return ['SPILLWAY_WRITE_FAILED', `The database could not take the write now${suffix}.`]
  }
}

// 1054 and 1146, a column and a table that do not exist, have states of their own.
const absent: ReadonlySet<string> = new Set(['42P01', '42703', '3F000', '42S02', '42S22'])

function mysqlState(thrown: unknown): string | undefined {
  return mysqlNumber(thrown) === undefined ? undefined : String(Reflect.get(Object(thrown), 'sqlState'))
}

function withoutValues(thrown: unknown): Error {
  const number = mysqlNumber(thrown)
  if (number !== undefined) {
    const rule = `MySQL error ${number}`
    const words = quotableNumbers.has(number) ? toError(thrown).message : mysqlRule(thrown, number)
    const text = words === rule ? rule : `${rule}: ${words}`
    return Object.assign(new Error(text), { code: `MYSQL_${number}`, errno: number })
  }
  const result = sqliteCode(thrown)
  if (result !== undefined) return Object.assign(new Error(sqliteRule(result)), { code: `SQLITE_${result}` })
  const state = sqlState(thrown)
  const error = toError(thrown)
  if (state === undefined) return error
  const quotable = quotableClasses.has(state.slice(0, 2)) && !unquotable.has(state)
  const constraint = nameIn(thrown, 'constraint')
  const fixed = `SQLSTATE ${state}${constraint === undefined ? '' : `, constraint "${constraint}"`}`
  return Object.assign(new Error(quotable ? error.message : fixed), { code: state })
}

function nameIn(thrown: unknown, field: 'constraint' | 'column' | 'table'): string | undefined {
  const name = typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, field) : undefined
  return typeof name === 'string' && name !== '' ? name : undefined
}
