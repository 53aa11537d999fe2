import type { Failure } from '../../errors/failure.ts'
import { isSignalled, mysqlNumber, packetTooLarge, stateOf } from './mysql-errors.ts'

/**
 * The failure for each error number of MySQL and MariaDB. docs/kysely.md has the same table.
 *
 * Source: https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html and
 * https://mariadb.com/docs/server/reference/error-codes
 */
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
 * Errors up to this number are about the file system of the server: it cannot write a file (3), the disk is full (20,
 * 28). Source: "Global Error Message Reference" of MySQL.
 */
const lastOfFiles = 99

/** The failure for a state whose number is not listed. */
export const byState: readonly (readonly [RegExp, Failure])[] = [
  [/^08/, 'connection'],
  [/^2[23]/, 'permanent'],
  [/^28/, 'systemic'],
  [/^3D/, 'systemic'],
  [/^40/, 'transient'],
  [/^42/, 'systemic'],
  [/^70100/, 'tooSlow'],
]

/** Errors that mysql2 throws without a number. */
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

/** The failure for an error number, without its state. */
export function failureOfMysqlNumber(number: number): Failure {
  return byNumber.get(number) ?? (number <= lastOfFiles ? 'server' : 'unknown')
}

/** The failure that an error of the server stands for. */
export function classifyNumber(thrown: object): Failure {
  const number = mysqlNumber(thrown) ?? 0
  // The writer itself refuses a row that is too large: see `tooLarge`.
  if (number === packetTooLarge && 'rule' in thrown) return 'permanent'
  const state = stateOf(thrown)
  // The author of `signal` uses classes 22 and 23 for wrong data.
  if (isSignalled(thrown)) return /^2[23]/.test(state) ? 'permanent' : 'unknown'
  return (
    byNumber.get(number) ??
    byState.find(([pattern]) => pattern.test(state))?.[1] ??
    failureOfMysqlNumber(number)
  )
}

/** The failure that an error of mysql2 stands for; `undefined` for any other error. */
export function classifyMysql2(thrown: object): Failure | undefined {
  const failure = 'code' in thrown ? byCode.get(thrown.code) : undefined
  if (failure !== undefined) return failure
  const message = 'message' in thrown ? String(thrown.message) : ''
  return byMessage.find(([pattern]) => pattern.test(message))?.[1]
}

/** Failures that a row may cause. */
const causedByARow: ReadonlySet<Failure> = new Set(['permanent', 'ordering', 'duplicate', 'unknown'])

/** Whether the server sends a code only for its own faults; `undefined` for a text that is not a code of MySQL. */
export function isServerNumber(code: string): boolean | undefined {
  if (!/^MYSQL_[1-9]\d{0,4}$/.test(code)) return undefined
  return !causedByARow.has(failureOfMysqlNumber(Number(code.slice(6))))
}

function all(failure: Failure, ...numbers: readonly number[]): (readonly [number, Failure])[] {
  return numbers.map((number) => [number, failure])
}
