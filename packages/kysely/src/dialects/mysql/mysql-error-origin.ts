import { decide } from '../../errors/classify-error.ts'
import { inTime } from '../../time/deadline.ts'
import {
  type Answer,
  type ColumnFacts,
  type ErrorOrigin,
  originByCheck,
  originByColumn,
  originByKey,
  type Scene,
} from '../error-origin.ts'
import { type MysqlTable, readCheck, readForeignKey, readTable } from './mysql-columns.ts'
import { originOfRefused, originOfTaken } from './mysql-doubt.ts'
import { isOfAnotherKey, isSignalled, mysqlNames, mysqlNumber, mysqlPlace } from './mysql-errors.ts'

const duplicates: ReadonlySet<number> = new Set([1062, 1169, 1586])
const foreignKeys: ReadonlySet<number> = new Set([1216, 1452])
const checks: ReadonlySet<number> = new Set([3819, 4025])

/**
 * Finds the origin of an error of MySQL or MariaDB. The server names the column or the constraint in its English
 * message, around a value that may be anything. Where a trigger runs and the message does not name the table, the
 * values of each row decide.
 */
export async function mysqlErrorOrigin(thrown: unknown, scene: Scene): Promise<Answer> {
  const { error } = decide(thrown)
  const number = mysqlNumber(error)
  if (number === undefined) return 'unsure'
  // The writer itself refused the row, or a trigger did.
  const isOurs = typeof Reflect.get(Object(error), 'rule') === 'string' && !isOfAnotherKey(error)
  if (isOurs || isSignalled(error)) return 'row'
  const answer = await inTime(originOf(error, number, scene), scene.deadline)
  if (typeof answer === 'string') return answer
  return (values) => inTime(Promise.resolve(answer(values)), scene.deadline)
}

async function originOf(error: unknown, number: number, scene: Scene): Promise<Answer> {
  const table = await readTable(scene)
  if (table.columns.length === 0) return 'unsure'
  const { constraint, column } = mysqlNames(error)
  const place = mysqlPlace(error)
  if (place !== undefined && !isOf(place, table, scene)) return 'elsewhere'
  if (duplicates.has(number)) return originOfDuplicate(table, constraint, scene)
  if (foreignKeys.has(number)) return originOfForeignKey(table, constraint, scene)
  if (checks.has(number)) {
    const names = constraint === undefined ? undefined : await readCheck(scene, constraint, table)
    if (names === undefined) return 'elsewhere'
    return originByCheck(only(table, names), scene)
  }
  if (column !== undefined) {
    const found = table.columns.find(({ name }) => name === column)
    if (found === undefined) return 'elsewhere'
    const origin = originByColumn(found, scene)
    if (origin !== 'row' || place !== undefined || !table.hasTriggers) return origin
    return (values) => originOfRefused(number, found, values)
  }
  if (scene.values?.isPlain === false) return 'unsure'
  const isDoubtful =
    scene.isUpdate !== true &&
    table.columns.some(({ name, inputs, constant, auto }) => {
      return !scene.columns.has(name) && inputs.length === 0 && !constant && !auto
    })
  return isDoubtful || table.hasTriggers ? 'unsure' : 'row'
}

function isOf(place: { schema: string; name: string }, found: MysqlTable, { table }: Scene): boolean {
  const same = (one: string, other: string) =>
    found.ignoresCase ? one.toLowerCase() === other.toLowerCase() : one === other
  return same(place.schema, found.schema) && same(place.name, table.name)
}

function originOfDuplicate(table: MysqlTable, named: string | undefined, scene: Scene): Answer {
  const { conflict = [], action } = scene
  const of = (names: readonly string[]) => originByKey(only(table, names), scene)
  const isConflict = (names: readonly string[]) => sorted(names) === sorted(conflict)
  if (named !== undefined) {
    const { names, isSure } = keyNamed(named, table, scene)
    if (names === undefined) return 'elsewhere'
    const origin = of(names)
    if (origin !== 'row' || isSure || !table.hasTriggers) return origin
    // The row with its own key is updated, and is no conflict.
    if (action === 'update' && isConflict(names)) return 'unsure'
    return (values) => originOfTaken(scene, table, [names], values)
  }
  const others = [...table.keys.values()].filter((names) => !isConflict(names))
  const found = new Set(others.map(of))
  const [first = 'unsure', another] = found
  const origin = another === undefined ? first : 'unsure'
  if (origin !== 'row' || !table.hasTriggers) return origin
  return (values) => originOfTaken(scene, table, others, values)
}

/** Since 8.0.19 MySQL puts the name of the table before the name of the key. */
function keyNamed(named: string, found: MysqlTable, { table }: Scene) {
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
  scene: Scene,
): Promise<ErrorOrigin> {
  const names = constraint === undefined ? [] : await readForeignKey(scene, constraint)
  return names.length === 0 ? 'elsewhere' : originByKey(only(table, names), scene)
}

function only({ columns }: MysqlTable, names: readonly string[]): readonly ColumnFacts[] {
  return columns.filter(({ name }) => names.includes(name))
}
