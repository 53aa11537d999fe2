import type { Kysely } from 'kysely'
import { decide } from '../../errors/classify-error.ts'
import { fieldOf, isInFunction, isRaised, sqlState } from '../../errors/postgres-errors.ts'
import type { Schema } from '../../writer/catalogue.ts'
import {
  type Columns,
  type Culprit,
  culpritOfCheck,
  culpritOfKey,
  isSupplied,
  type Scene,
} from '../culprit.ts'
import { type Relation, readRelation } from './postgres-columns.ts'
import { limitTransaction } from './transaction-limits.ts'

/** Rolls back a transaction that was only to see what happens. */
class Undo extends Error {}

/**
 * Who caused an error of Postgres. The server names the constraint or the column, and the catalogue says which columns
 * that is about. An error about a value (class 22) names none: where the table has a default that could have caused it, a
 * row without any values is inserted and rolled back. What fails then too is nothing that the row gave.
 */
export async function postgresCulprit(thrown: unknown, scene: Scene): Promise<Culprit> {
  const { error } = decide(thrown)
  const state = sqlState(error)
  if (state === undefined) return 'unsure'
  if (isRaised(error)) return 'row'
  const named = {
    schema: fieldOf(error, 'schema'),
    table: fieldOf(error, 'table'),
    constraint: fieldOf(error, 'constraint'),
    dataType: fieldOf(error, 'dataType'),
  }
  // The schema of a domain is not that of a table.
  const isOfDomain = named.table === undefined && named.dataType !== undefined
  const relation = await within(scene, (db) => readRelation(db.withoutPlugins(), scene.table, named))
  if (relation === undefined) return 'unsure'
  if (!relation.isTarget) return 'elsewhere'
  if (isOfDomain) return culpritOfDomain(relation, scene.columns)
  const column = fieldOf(error, 'column')
  if (state === '23502')
    return column === undefined ? 'unsure' : culpritOfNull(relation, column, scene.columns)
  if (state.startsWith('22') || (state.startsWith('54') && named.constraint === undefined)) {
    return culpritOfValue(error, state, relation, scene)
  }
  if (!relation.isFound) return 'unsure'
  const covered = relation.columns.filter((one) => one.covered)
  const isCheck = state === '23514' || state.startsWith('54')
  return isCheck ? culpritOfCheck(covered, scene.columns) : culpritOfKey(covered, scene.columns)
}

function culpritOfNull({ columns }: Relation, name: string, supplied: Columns): Culprit {
  const column = columns.find((one) => one.name === name)
  if (column === undefined) return 'unsure'
  return isSupplied(column, supplied) ? 'row' : 'database'
}

/** The value is of a column of the domain; which one, the server does not say. */
function culpritOfDomain({ columns }: Relation, supplied: Columns): Culprit {
  const ofDomain = columns.filter((column) => column.ofDomain)
  const given = ofDomain.filter((column) => isSupplied(column, supplied))
  if (ofDomain.length === 0 || (given.length > 0 && given.length < ofDomain.length)) return 'unsure'
  return given.length > 0 ? 'row' : 'database'
}

async function culpritOfValue(
  error: unknown,
  state: string,
  relation: Relation,
  scene: Scene,
): Promise<Culprit> {
  const suspect = relation.columns.some(
    ({ name, inputs, harmless }) => !scene.columns.has(name) && inputs.length === 0 && !harmless,
  )
  const inFunction = isInFunction(error)
  if (!suspect && !inFunction && !relation.isView) return 'row'
  // What runs after a row is inserted does not run for one that is not.
  if (inFunction && (relation.hasAfterTriggers || scene.isUpdate)) return 'unsure'
  const without = await errorWithoutValues(scene)
  if (without === undefined) return 'row'
  const then = sqlState(without)
  if (then === state) return 'database'
  // The defaults are computed before these are found.
  const isOfRow =
    then?.startsWith('23') === true &&
    fieldOf(without, 'dataType') === undefined &&
    fieldOf(without, 'table') !== undefined
  return isOfRow ? 'row' : 'unsure'
}

/** What the server says of a row for which it has to supply everything; nothing of it stays but a value of a sequence. */
async function errorWithoutValues(scene: Scene): Promise<unknown> {
  try {
    await within(scene, async (db) => {
      await db.insertInto(scene.into).defaultValues().execute()
      throw new Undo()
    })
  } catch (error) {
    return error instanceof Undo ? undefined : error
  }
  return undefined
}

/** Runs something in a transaction that the server ends at the deadline. */
async function within<T>({ db, deadline }: Scene, run: (db: Kysely<Schema>) => Promise<T>): Promise<T> {
  const work = db.transaction().execute(async (trx) => {
    await limitTransaction(deadline.left(), 1).execute(trx.withoutPlugins())
    return run(trx)
  })
  const result = await deadline.race(work)
  if (result === undefined) throw new Error('no time is left')
  if (result.status === 'rejected') throw result.reason
  return result.value
}
