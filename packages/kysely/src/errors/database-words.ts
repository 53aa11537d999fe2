import { toError } from '@spillway/message'
import { isSignalled, mysqlNumber, mysqlRule } from '../dialects/mysql/mysql-errors.ts'
import { isInFunction, isOfTheText, postgresRule, sqlState } from '../dialects/postgres/postgres-errors.ts'

// Outside these classes a message of Postgres may quote a value of the row.
const quotableClasses: ReadonlySet<string> = new Set(['08', '28', '3D', '3F', '40', '42', '53', '55', '57'])
// What a server of MySQL says about itself, its users, schema and locks.
const quotableNumbers: ReadonlySet<number> = new Set([
  1040, 1044, 1045, 1049, 1053, 1054, 1114, 1142, 1146, 1153, 1203, 1205, 1213, 1226, 1290, 1317, 1364, 1792,
  1836, 1969, 2006, 2013, 3024, 3572, 4031, 9501,
])
// The latter for a malformed tsquery.
const unquotable: ReadonlySet<string> = new Set(['08P01', '42601'])
// What these say does not exist may be a value: of `regclass`, `regtype`, `regproc`, `regrole`, `regnamespace` and their
// like. Where it is of the statement, the server points at its place there.
const quotableByPlace: ReadonlySet<string> = new Set([
  '3F000',
  '42602',
  '42704',
  '42725',
  '42883',
  '42P01',
  '42703',
])

/** An error of a database in words that hold no value of a row. */
export interface DatabaseWords {
  /** The SQLSTATE of Postgres, `MYSQL_` and the number of MySQL and MariaDB. */
  readonly code: string
  readonly errno?: number
  /** The rule that a row breaks, with the names of the schema. */
  readonly rule: string
  /** What the database says, as far as it holds no value; else the rule. */
  readonly text: string
}

/** The words for an error that a database answered; `undefined` for any other. */
export function databaseWords(thrown: unknown): DatabaseWords | undefined {
  const number = mysqlNumber(thrown)
  if (number !== undefined) {
    const rule = mysqlRule(thrown, number)
    const plain = `MySQL error ${number}`
    const said = quotableNumbers.has(number) && !isSignalled(thrown) ? toError(thrown).message : rule
    return {
      code: `MYSQL_${number}`,
      errno: number,
      rule,
      text: said === plain ? plain : `${plain}: ${said}`,
    }
  }
  const state = sqlState(thrown)
  if (state === undefined) return undefined
  const quotable = isQuotable(thrown, state)
  const rule = postgresRule(thrown, state)
  if (quotable) return { code: state, rule, text: toError(thrown).message }
  const plain = `SQLSTATE ${state}`
  return { code: state, rule, text: rule === plain ? plain : `${plain}: ${rule}` }
}

/** Whether a message of Postgres quotes no value. What a function raises may quote any. */
function isQuotable(thrown: unknown, state: string): boolean {
  if (unquotable.has(state) || !quotableClasses.has(state.slice(0, 2)) || isInFunction(thrown)) return false
  return !quotableByPlace.has(state) || isOfTheText(thrown)
}
