import type { Failure } from '../../errors/classify-error.ts'
import { equalByCollation } from '../equal-by-collation.ts'

// Source of the numbers: https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html and
// https://mariadb.com/docs/server/reference/error-codes
/** What a number of MySQL or MariaDB means; the table is in docs/kysely.md. */
export const byNumber: ReadonlyMap<number, Failure> = new Map<number, Failure>([
  ...all('saturation', 1040, 1041, 1129, 1135, 1203, 1226, 9501), // 9501: RDS Proxy, no connection in time
  ...all('connection', 1043, 1053, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 2002, 2003, 2006, 2013, 4031),
  ...all('connection', 1290, 1792, 1836), // read-only: the server was demoted
  ...all('transient', 1020, 1213, 1412),
  ...all('locked', 1205, 3572),
  ...all('tooSlow', 1038, 1153, 1197, 1206, 1317, 1969, 3024), // 1969 is MariaDB's 3024
  ...all('systemic', 1021, 1044, 1045, 1049, 1054, 1064, 1114, 1136, 1142, 1143, 1146, 1193, 1227, 1231),
  ...all('server', 1016, 1023, 1024, 1026, 1030, 1034, 1035, 1037, 1194, 1195), // files, engine, memory, broken tables
  ...all('systemic', 1524, 1698, 1820, 1862, 3118, 4151),
  ...all('fault', 167, 1467), // no auto-increment value is left; the first is MariaDB's
  ...all('fault', 1364, 1526), // no default, no partition
  ...all('permanent', 1048, 1118, 1264, 1265, 1292, 1301, 1365, 1366, 1367, 1369, 1390, 1406, 1411, 1416),
  ...all('permanent', 1451, 1690, 3140, 3141, 3156, 3819, 4025), // 4025 is MariaDB's 3819
  ...all('ordering', 1216, 1452),
  ...all('duplicate', 1062, 1169, 1586),
])

/**
 * Up to this number the errors are of the server's file system: it cannot write a file (3), the disk is full (20, 28).
 * Source: "Global Error Message Reference" of MySQL.
 */
const lastOfFiles = 99

/** What a state means whose number is not listed. */
export const byState: readonly (readonly [RegExp, Failure])[] = [
  [/^08/, 'connection'],
  [/^2[23]/, 'permanent'],
  [/^28/, 'systemic'],
  [/^3D/, 'systemic'],
  [/^40/, 'transient'],
  [/^42/, 'systemic'],
  [/^70100/, 'tooSlow'],
]

// mysql2 throws these without a number.
const byCode: ReadonlyMap<unknown, Failure> = new Map<unknown, Failure>([
  ['PROTOCOL_CONNECTION_LOST', 'connection'],
  ['PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR', 'connection'],
  ['PROTOCOL_SEQUENCE_TIMEOUT', 'tooSlow'],
  ['PROTOCOL_ERROR', 'connection'],
])
const byMessage: readonly (readonly [RegExp, Failure])[] = [
  [/^Can't (?:add new command when connection is|write) in closed state/, 'connection'],
  [/^(?:No connections available|Queue limit reached)\.$/, 'saturation'],
]

const refusals: ReadonlyMap<number, string> = new Map([
  [1048, 'not-null constraint'],
  [1062, 'unique constraint'],
  [1264, 'a number is out of range for its column'],
  [1265, 'a value is malformed for the type of its column'],
  [1292, 'a value is malformed for the type of its column'],
  [1366, 'a value is malformed for the type of its column, or has a character that it cannot store'],
  [1406, 'a text is too long for its column'],
  [1452, 'foreign key constraint'],
  [3140, 'a text is not JSON'],
  [3819, 'check constraint'],
  [4025, 'check constraint'],
  [167, 'no auto-increment value is left'],
  [1467, 'no auto-increment value is left'],
  [1526, 'the table has no partition for the row'],
])

// A message may quote a value of the row; the names of the schema stand at its end or are all of it.
const column = /^(?:.* for column|Column) (?:[`'\w$.]*\.)?[`']([\w$ ]+)[`'](?: at row \d+| cannot be null)$/s
const constraints = [
  / for key '([\w$ .]+)'$/s,
  /^CONSTRAINT `([\w$ .]+)` failed for `[^`]*`\.`[^`]*`$/,
  /^Check constraint '([\w$ .]+)' is violated\.$/,
  /, CONSTRAINT `([\w$ .]+)` FOREIGN KEY \([^()]*\) REFERENCES [^()]*\([^()]*\)[A-Z ]*\)$/s,
]

/** The number of an error that a server of MySQL or MariaDB sent; `undefined` for any other. */
export function mysqlNumber(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('errno' in thrown)) return undefined
  // Node's own errors have numbers below 0; `signal` may set any from 1 up.
  return typeof thrown.errno === 'number' && thrown.errno > 0 && 'sqlState' in thrown
    ? thrown.errno
    : undefined
}

/** What a number of MySQL or MariaDB means by itself. */
export function failureOfMysqlNumber(number: number): Failure {
  return byNumber.get(number) ?? (number <= lastOfFiles ? 'server' : 'unknown')
}

/**
 * Whether `signal` of a trigger or a function made an error: its number, its state and its words are those of the
 * author. The number is 1644 unless `mysql_errno` sets another; 45000 is the state for errors of users. States of the
 * server start with a digit below 5, H or X, but for 70100, and go on with three digits, or S and two.
 */
export function isSignalled(thrown: unknown): boolean {
  const state = stateOf(thrown)
  return mysqlNumber(thrown) === 1644 || stateOfAuthor.test(state)
}

const stateOfAuthor = /^(?:45|[A-GI-WYZ]|[5689]|7(?!0100)|\d[\dA-Z](?!\d{3}$|S\d\d$))/

function stateOf(thrown: unknown): string {
  return String(Reflect.get(Object(thrown), 'sqlState'))
}

/** What an error of mysql2 means; `undefined` when it is none, or says nothing by itself. */
export function classifyMysql(thrown: object): Failure | undefined {
  const number = mysqlNumber(thrown)
  if (number === packetTooLarge && 'rule' in thrown) return 'permanent'
  if (number !== undefined) {
    const state = stateOf(thrown)
    // Unless its author says that the data are wrong.
    if (isSignalled(thrown)) return /^2[23]/.test(state) ? 'permanent' : 'unknown'
    return (
      byNumber.get(number) ??
      byState.find(([pattern]) => pattern.test(state))?.[1] ??
      failureOfMysqlNumber(number)
    )
  }
  const failure = 'code' in thrown ? byCode.get(thrown.code) : undefined
  if (failure !== undefined) return failure
  const message = 'message' in thrown ? String(thrown.message) : ''
  return byMessage.find(([pattern]) => pattern.test(message))?.[1]
}

/** The rule that a row breaks, in words, with the names of the schema alone. */
export function mysqlRule(thrown: unknown, number: number): string {
  const own: unknown = Reflect.get(Object(thrown), 'rule')
  if (typeof own === 'string') return own
  if (isSignalled(thrown)) return `MySQL error ${number}`
  const { constraint, column } = mysqlNames(thrown)
  const rule = refusals.get(number) ?? `MySQL error ${number}`
  if (column !== undefined && rule.includes('its column'))
    return rule.replace('its column', `column "${column}"`)
  return [
    rule,
    constraint === undefined ? '' : ` "${constraint}"`,
    column === undefined ? '' : ` on column "${column}"`,
  ].join('')
}

/** The names of the schema in a message of the server. */
export function mysqlNames(thrown: unknown): { readonly constraint?: string; readonly column?: string } {
  const message =
    typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, 'sqlMessage') : undefined
  if (typeof message !== 'string') return {}
  const found = constraints.map((pattern) => pattern.exec(message)?.[1]).find((name) => name !== undefined)
  const named = column.exec(message)?.[1]
  return {
    ...(found === undefined ? {} : { constraint: found }),
    ...(named === undefined ? {} : { column: named }),
  }
}

const places = [
  /^Cannot add or update a child row: a foreign key constraint fails \(`([^`]+)`\.`([^`]+)`, CONSTRAINT /,
  /^CONSTRAINT `[^`]+` failed for `([^`]+)`\.`([^`]+)`$/,
  / for column `([^`]+)`\.`([^`]+)`\.`[^`]+` at row \d+$/,
]

/** The table that a message of the server is about; `undefined` where it does not say. */
export function mysqlPlace(thrown: unknown): { readonly schema: string; readonly name: string } | undefined {
  const message: unknown = Reflect.get(Object(thrown), 'sqlMessage')
  if (typeof message !== 'string') return undefined
  for (const pattern of places) {
    const [, schema, name] = pattern.exec(message) ?? []
    if (schema !== undefined && name !== undefined) return { schema, name }
  }
  return undefined
}

/** Whether a statement failed because the writer gave a key, which a row always has, a null. */
export function isTakenKey(thrown: unknown, key: string | undefined): boolean {
  return mysqlNumber(thrown) === 1048 && mysqlNames(thrown).column === key
}

/** What {@link isTakenKey} stands for. The server does not say which constraint it was. */
export function takenKey(conflict: readonly string[]): Error {
  const columns = conflict.map((column) => `"${column}"`).join(', ')
  const rule = `a unique constraint other than that of the conflict columns ${columns}`
  return Object.assign(new Error(rule), {
    code: 'ER_DUP_ENTRY',
    errno: 1062,
    sqlState: '23000',
    rule,
    other: true,
  })
}

/** A row whose key differs from another's in the table, and is the same to the collation of its column. */
export function sameByCollation(
  conflict: readonly string[],
  collationOf: (column: string) => string | undefined,
): Error {
  const rule = equalByCollation(conflict, collationOf)
  return Object.assign(new Error(rule), { code: 'ER_DUP_ENTRY', errno: 1062, sqlState: '23000', rule })
}

const packetTooLarge = 1153

/** A row that no statement can hold. The server would end the connection. */
export function tooLarge(bytes: number, most: number): Error {
  const rule = `it takes ${bytes.toLocaleString('en')} bytes as a statement, and max_allowed_packet of the server is ${most.toLocaleString('en')}`
  const code = 'ER_NET_PACKET_TOO_LARGE'
  return Object.assign(new Error(rule), { code, errno: packetTooLarge, sqlState: '08S01', rule })
}

function all(failure: Failure, ...numbers: readonly number[]): (readonly [number, Failure])[] {
  return numbers.map((number) => [number, failure])
}

/** Whether an error is {@link takenKey}: that of a constraint which is not known. */
export function isOfAnotherKey(thrown: unknown): boolean {
  return Reflect.get(Object(thrown), 'other') === true
}
