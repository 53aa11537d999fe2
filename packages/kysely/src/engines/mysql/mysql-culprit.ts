import { decide } from '../../errors/classify-error.ts'
import { isOfAnotherKey, isSignalled, mysqlNames, mysqlNumber } from '../../errors/mysql-errors.ts'
import {
  type ColumnFacts,
  type Culprit,
  culpritOfCheck,
  culpritOfColumn,
  culpritOfKey,
  type Scene,
} from '../culprit.ts'
import { type MysqlTable, readCheck, readForeignKey, readTable } from './mysql-columns.ts'

const duplicates: ReadonlySet<number> = new Set([1062, 1169, 1586])
const foreignKeys: ReadonlySet<number> = new Set([1216, 1452])
const checks: ReadonlySet<number> = new Set([3819, 4025])

/**
 * Who caused an error of MySQL or MariaDB: the server names the column or the constraint in its message, which is English
 * in its beginning and its end whatever the value in between.
 */
export async function mysqlCulprit(thrown: unknown, scene: Scene): Promise<Culprit> {
  const { error } = decide(thrown)
  const number = mysqlNumber(error)
  if (number === undefined) return 'unsure'
  // What the writer itself says of a row, and what a trigger does.
  const isOurs = typeof Reflect.get(Object(error), 'rule') === 'string' && !isOfAnotherKey(error)
  if (isOurs || isSignalled(error)) return 'row'
  const work = culpritOf(error, number, scene)
  const result = await scene.deadline.race(work)
  if (result === undefined) return 'unsure'
  if (result.status === 'rejected') throw result.reason
  return result.value
}

async function culpritOf(error: unknown, number: number, scene: Scene): Promise<Culprit> {
  const table = await readTable(scene)
  if (table.columns.length === 0) return 'unsure'
  const { constraint, column } = mysqlNames(error)
  if (duplicates.has(number)) return culpritOfDuplicate(table, constraint, scene)
  if (foreignKeys.has(number)) return culpritOfForeignKey(table, constraint, scene)
  if (checks.has(number)) {
    const names = constraint === undefined ? undefined : await readCheck(scene, constraint, table)
    if (names === undefined) return 'elsewhere'
    return culpritOfCheck(only(table, names), scene)
  }
  if (column !== undefined) {
    const found = table.columns.find(({ name }) => name === column)
    return found === undefined ? 'elsewhere' : culpritOfColumn(found, scene)
  }
  if (scene.values?.isPlain === false) return 'unsure'
  const isDoubtful =
    scene.isUpdate !== true &&
    table.columns.some(({ name, inputs, constant, auto }) => {
      return !scene.columns.has(name) && inputs.length === 0 && !constant && !auto
    })
  return isDoubtful || table.hasTriggers ? 'unsure' : 'row'
}

function culpritOfDuplicate(table: MysqlTable, named: string | undefined, scene: Scene): Culprit {
  const of = (names: readonly string[]) => culpritOfKey(only(table, names), scene)
  // MySQL has the name of the table before it.
  const key = named?.slice(named.lastIndexOf('.') + 1)
  if (key !== undefined) {
    const names = table.keys.get(key)
    return names === undefined ? 'elsewhere' : of(names)
  }
  const sorted = (names: readonly string[]) => names.toSorted().join('\n')
  const others = [...table.keys.values()].filter((names) => sorted(names) !== sorted(scene.conflict ?? []))
  const found = new Set(others.map(of))
  const [first = 'unsure', another] = found
  return another === undefined ? first : 'unsure'
}

async function culpritOfForeignKey(
  table: MysqlTable,
  constraint: string | undefined,
  scene: Scene,
): Promise<Culprit> {
  const names = constraint === undefined ? [] : await readForeignKey(scene, constraint)
  return names.length === 0 ? 'elsewhere' : culpritOfKey(only(table, names), scene)
}

function only({ columns }: MysqlTable, names: readonly string[]): readonly ColumnFacts[] {
  return columns.filter(({ name }) => names.includes(name))
}
