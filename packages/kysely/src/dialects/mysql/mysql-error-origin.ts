import { decide } from '../../errors/classify-error.ts'
import { inTime } from '../../time/deadline.ts'
import {
  type Answer,
  type ColumnFacts,
  type ErrorOrigin,
  type FailedStatement,
  originByCheck,
  originByColumn,
  originByKey,
} from '../error-origin.ts'
import { type MysqlTable, readCheck, readForeignKey, readTable } from './mysql-columns.ts'
import { isOfAnotherKey, isSignalled, mysqlNames, mysqlNumber, mysqlPlace } from './mysql-errors.ts'
import { originOfRefused, originOfTaken } from './mysql-row-origin.ts'

const duplicates: ReadonlySet<number> = new Set([1062, 1169, 1586])
const foreignKeys: ReadonlySet<number> = new Set([1216, 1452])
const checks: ReadonlySet<number> = new Set([3819, 4025])

/**
 * Finds the origin of an error of MySQL or MariaDB. The server names the column or the constraint in its English
 * message, next to a value that may be anything. If a trigger runs and the message does not name the table, the values
 * of each row decide.
 */
export async function mysqlErrorOrigin(thrown: unknown, failed: FailedStatement): Promise<Answer> {
  const { error } = decide(thrown)
  const number = mysqlNumber(error)
  if (number === undefined) return 'unsure'
  // The writer itself refused the row, or a trigger did.
  const isOurs = typeof Reflect.get(Object(error), 'rule') === 'string' && !isOfAnotherKey(error)
  if (isOurs || isSignalled(error)) return 'row'
  const answer = await inTime(originOf(error, number, failed), failed.deadline)
  if (typeof answer === 'string') return answer
  return (values) => inTime(Promise.resolve(answer(values)), failed.deadline)
}

async function originOf(error: unknown, number: number, failed: FailedStatement): Promise<Answer> {
  const table = await readTable(failed)
  if (table.columns.length === 0) return 'unsure'
  const { constraint, column } = mysqlNames(error)
  const place = mysqlPlace(error)
  if (place !== undefined && !isOf(place, table, failed)) return 'elsewhere'
  if (duplicates.has(number)) return originOfDuplicate(table, constraint, failed)
  if (foreignKeys.has(number)) return originOfForeignKey(table, constraint, failed)
  if (checks.has(number)) {
    const names = constraint === undefined ? undefined : await readCheck(failed, constraint, table)
    if (names === undefined) return 'elsewhere'
    return originByCheck(only(table, names), failed)
  }
  if (column !== undefined) {
    const found = table.columns.find(({ name }) => name === column)
    if (found === undefined) return 'elsewhere'
    const origin = originByColumn(found, failed)
    if (origin !== 'row' || place !== undefined || !table.hasTriggers) return origin
    return (values) => originOfRefused(number, found, values)
  }
  if (failed.values?.isPlain === false) return 'unsure'
  const isDoubtful =
    failed.isUpdate !== true &&
    table.columns.some(({ name, inputs, constant, auto }) => {
      return !failed.columns.has(name) && inputs.length === 0 && !constant && !auto
    })
  return isDoubtful || table.hasTriggers ? 'unsure' : 'row'
}

function isOf(
  place: { schema: string; name: string },
  found: MysqlTable,
  { table }: FailedStatement,
): boolean {
  const same = (one: string, other: string) =>
    found.ignoresCase ? one.toLowerCase() === other.toLowerCase() : one === other
  return same(place.schema, found.schema) && same(place.name, table.name)
}

function originOfDuplicate(table: MysqlTable, named: string | undefined, failed: FailedStatement): Answer {
  const { conflict = [], action } = failed
  const of = (names: readonly string[]) => originByKey(only(table, names), failed)
  const isConflict = (names: readonly string[]) => sorted(names) === sorted(conflict)
  if (named !== undefined) {
    const { names, isSure } = keyNamed(named, table, failed)
    if (names === undefined) return 'elsewhere'
    const origin = of(names)
    if (origin !== 'row' || isSure || !table.hasTriggers) return origin
    // A row with the same conflict key is updated: it is not a conflict.
    if (action === 'update' && isConflict(names)) return 'unsure'
    return (values) => originOfTaken(failed, table, [names], values)
  }
  const others = [...table.keys.values()].filter((names) => !isConflict(names))
  const found = new Set(others.map(of))
  const [first = 'unsure', another] = found
  const origin = another === undefined ? first : 'unsure'
  if (origin !== 'row' || !table.hasTriggers) return origin
  return (values) => originOfTaken(failed, table, others, values)
}

/** Since 8.0.19 MySQL puts the name of the table before the name of the key. */
function keyNamed(named: string, found: MysqlTable, { table }: FailedStatement) {
  const prefix = `${table.name}.`
  const start = named.slice(0, prefix.length)
  const isSure = found.ignoresCase ? start.toLowerCase() === prefix.toLowerCase() : start === prefix
  return { names: found.keys.get(isSure ? named.slice(prefix.length) : named), isSure }
}

function sorted(names: readonly string[]): string {
  return names.toSorted().join('\n')
}

async function originOfForeignKey(
  table: MysqlTable,
  constraint: string | undefined,
  failed: FailedStatement,
): Promise<ErrorOrigin> {
  const names = constraint === undefined ? [] : await readForeignKey(failed, constraint)
  return names.length === 0 ? 'elsewhere' : originByKey(only(table, names), failed)
}

function only({ columns }: MysqlTable, names: readonly string[]): readonly ColumnFacts[] {
  return columns.filter(({ name }) => names.includes(name))
}
