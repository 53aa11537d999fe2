import type { Kysely } from 'kysely'
import { decide } from '../../errors/classify-error.ts'
import { inTime } from '../../time/deadline.ts'
import {
  type ErrorOrigin,
  isSupplied,
  originByCheck,
  originByColumn,
  originByKey,
  type Scene,
} from '../error-origin.ts'
import type { Schema } from '../table.ts'
import { type Relation, readRelation } from './postgres-columns.ts'
import { fieldOf, isInFunction, isRaised, sqlState } from './postgres-errors.ts'
import { limitTransaction } from './postgres-limits.ts'

/** Thrown to roll back a trial transaction. */
class Undo extends Error {}

/**
 * Finds the origin of an error of Postgres. The server names the constraint or the column, and the catalogue shows
 * which columns are concerned. An error about a value (class 22) names none: if a default of the table could have
 * caused it, a row without any values is inserted and rolled back. If that fails in the same way, the row did not
 * cause the error.
 */
export async function postgresErrorOrigin(thrown: unknown, scene: Scene): Promise<ErrorOrigin> {
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
  if (isOfDomain) return originOfDomain(relation, scene)
  const column = fieldOf(error, 'column')
  if (state === '23502') return column === undefined ? 'unsure' : originOfNull(relation, column, scene)
  if (state.startsWith('22') || (state.startsWith('54') && named.constraint === undefined)) {
    return originOfValue(error, state, relation, scene)
  }
  if (!relation.isFound) return 'unsure'
  const covered = relation.columns.filter((one) => one.covered)
  const isCheck = state === '23514' || state.startsWith('54')
  return isCheck ? originByCheck(covered, scene) : originByKey(covered, scene)
}

function originOfNull({ columns }: Relation, name: string, scene: Scene): ErrorOrigin {
  const column = columns.find((one) => one.name === name)
  return column === undefined ? 'unsure' : originByColumn(column, scene)
}

/** The value belongs to a column of the domain; the server does not say to which one. */
function originOfDomain({ columns }: Relation, scene: Scene): ErrorOrigin {
  const ofDomain = columns.filter((column) => column.ofDomain)
  const supplied = ofDomain.filter((column) => isSupplied(column, scene.columns))
  if (ofDomain.length === 0) return 'unsure'
  if (supplied.length === 0) return scene.isUpdate === true ? 'unsure' : 'database'
  // An update does not touch the other columns.
  if (supplied.length < ofDomain.length && scene.isUpdate !== true) return 'unsure'
  return supplied.every((column) => originByColumn(column, scene) === 'row') ? 'row' : 'unsure'
}

async function originOfValue(
  error: unknown,
  state: string,
  relation: Relation,
  scene: Scene,
): Promise<ErrorOrigin> {
  if (scene.values?.isPlain === false) return 'unsure'
  if (scene.isUpdate === true) return originOfNewValue(error, state, relation, scene)
  const suspect = relation.columns.some(
    ({ name, inputs, harmless }) => !scene.columns.has(name) && inputs.length === 0 && !harmless,
  )
  const inFunction = isInFunction(error)
  if (!suspect && !inFunction && !relation.isView) return 'row'
  // Triggers after an insert do not run for a row that is refused.
  if (inFunction && relation.hasAfterTriggers) return 'unsure'
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

/** Errors for values that are too large for their column (length, scale), as opposed to malformed values. */
const sizes: ReadonlySet<string> = new Set(['22001', '22003', '22026', '54000', '54001'])

/** Checks, indexes and generated columns compute with the old values of a row as well as with the new. */
function originOfNewValue(error: unknown, state: string, relation: Relation, scene: Scene): ErrorOrigin {
  const isMixed = relation.columns.some(({ inputs }) => {
    const supplied = inputs.filter((input) => scene.columns.has(input))
    return supplied.length > 0 && supplied.length < inputs.length
  })
  return sizes.has(state) && !isMixed && !relation.isView && !isInFunction(error) ? 'row' : 'unsure'
}

/** The error for a row that consists of defaults alone. It is rolled back; only values of sequences are used up. */
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
    await limitTransaction(trx.withoutPlugins(), { left: deadline.left() })
    return run(trx)
  })
  return inTime(work, deadline)
}
