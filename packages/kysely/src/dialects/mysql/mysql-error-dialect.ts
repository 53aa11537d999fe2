import { toError } from '@spillway/message'
import type { DatabaseErrorDescription, DialectErrors } from '../dialect-errors.ts'
import { isSignalled, mysqlNumber, mysqlPlace, mysqlRule } from './mysql-errors.ts'
import { classifyMysql2, classifyNumber, isServerNumber } from './mysql-failures.ts'

/** Errors about the server, its users, its schema and locks. Messages of other errors may quote a value of the row. */
const quotableNumbers: ReadonlySet<number> = new Set([
  1040, 1044, 1045, 1049, 1053, 1054, 1114, 1142, 1146, 1153, 1203, 1205, 1213, 1226, 1290, 1317, 1364, 1792,
  1836, 1969, 2006, 2013, 3024, 3572, 4031, 9501,
])
const timeOuts: ReadonlySet<number | undefined> = new Set([1317, 1969, 3024])

/** The states of 1146 and 1054: a table or a column does not exist. */
const absent: ReadonlySet<unknown> = new Set(['42S02', '42S22'])

/** Reads the errors of MySQL, MariaDB and mysql2. */
export const mysqlErrorDialect: DialectErrors = {
  codesOf(error) {
    const number = mysqlNumber(error)
    if (number === undefined) return []
    // `signal sqlstate 'OR001'` has the number 1644 with it.
    const state: unknown = Reflect.get(Object(error), 'sqlState')
    return typeof state === 'string' ? [`MYSQL_${number}`, state] : [`MYSQL_${number}`]
  },
  classify: classifyNumber,
  classifyDriver: classifyMysql2,
  isUnanswered: (error) => Reflect.get(error, 'code') === 'PROTOCOL_SEQUENCE_TIMEOUT',
  describe,
  isServerCode: isServerNumber,
  advise: () => undefined,
  isAbsent: (error) => absent.has(Reflect.get(Object(error), 'sqlState')),
  // The writer reads the unique indexes before it sends anything.
  isUnmatched: () => false,
  isTimeOut: (error) => timeOuts.has(mysqlNumber(error)),
  isPartitionMissing: () => false,
  remedies: {
    MYSQL_1048: 'the database itself sets the column to null: correct its default or the trigger',
    MYSQL_1062: 'the counter of an auto-increment column is behind, or a default gives a value that is taken',
    MYSQL_1364: 'the column has no default and the write gives it no value: give it one of the two',
    MYSQL_1452: 'a default refers to a row that does not exist: insert that row, or correct the default',
    MYSQL_167: 'the auto-increment column has no values left: give it a wider type',
    MYSQL_1467: 'the auto-increment column has no values left: give it a wider type',
    MYSQL_1526: 'create the partition',
  },
  // 1364: a column without a default, which the mapper omits for some rows.
  mayBeOfARow: (failure, error) => failure === 'unknown' || mysqlNumber(error) === 1364,
  // MySQL has no classes of errors about itself. A row can cause only those unknown errors that a trigger signals.
  isOfTheServer: (error) => !isSignalled(error),
  hasClasses: false,
  isOfAValue: () => false,
  placeOf(error) {
    const place = mysqlPlace(error)
    return place === undefined ? '' : JSON.stringify(place)
  },
  originOf: () => undefined,
  isOfEndedTransaction: () => false,
  /** A deadlock (1213), a full lock table (1206), or a conflict of snapshots (1020). */
  rollsBack(error) {
    const number = mysqlNumber(error)
    return (number === 1213 || number === 1206 || number === 1020) && !isSignalled(error)
  },
}

function describe(error: unknown): DatabaseErrorDescription {
  const number = mysqlNumber(error) ?? 0
  const code = `MYSQL_${number}`
  const label = `MySQL error ${number}`
  const rule = mysqlRule(error, number)
  const said = quotableNumbers.has(number) && !isSignalled(error) ? toError(error).message : rule
  return { code, label, errno: number, rule, text: said === label ? label : `${label}: ${said}` }
}
