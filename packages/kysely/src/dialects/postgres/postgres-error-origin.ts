import type { Kysely } from 'kysely'
import { decide } from '../../errors/classify-error.ts'
import { inTime } from '../../time/deadline.ts'
import {
  type ErrorOrigin,
  type FailedStatement,
  isSupplied,
  originByCheck,
  originByColumn,
  originByKey,
} from '../error-origin.ts'
import type { Schema } from '../table.ts'
import { type Relation, readRelation } from './postgres-columns.ts'
import { fieldOf, isInFunction, isRaised, sqlState } from './postgres-errors.ts'
import { limitTransaction } from './postgres-limits.ts'

/** Thrown to roll back a trial transaction. */
class Rollback extends Error {}

/**
 * Finds the origin of an error of Postgres. The server names the constraint or the column, and the catalogue shows
 * which columns it concerns. An error about a value (class 22) names no column: if a default of the table could have
 * caused it, a row without any values is inserted and rolled back. If that fails in the same way, the row did not cause
 * the error.
 */
export async function postgresErrorOrigin(thrown: unknown, failed: FailedStatement): Promise<ErrorOrigin> {
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
  // The schema in an error about a domain is that of the domain, not of a table.
  const isOfDomain = named.table === undefined && named.dataType !== undefined
  const relation = await within(failed, (db) => readRelation(db.withoutPlugins(), failed.table, named))
  if (relation === undefined) return 'unsure'
  if (!relation.isTarget) return 'elsewhere'
  if (isOfDomain) return originOfDomain(relation, failed)
  const column = fieldOf(error, 'column')
  if (state === '23502') return column === undefined ? 'unsure' : originOfNull(relation, column, failed)
  if (state.startsWith('22') || (state.startsWith('54') && named.constraint === undefined)) {
    return originOfValue(error, state, relation, failed)
  }
  if (!relation.isFound) return 'unsure'
  const covered = relation.columns.filter((one) => one.covered)
  const isCheck = state === '23514' || state.startsWith('54')
  return isCheck ? originByCheck(covered, failed) : originByKey(covered, failed)
}

function originOfNull({ columns }: Relation, name: string, failed: FailedStatement): ErrorOrigin {
  const column = columns.find((one) => one.name === name)
  return column === undefined ? 'unsure' : originByColumn(column, failed)
}

/** The value belongs to a column of the domain; the server does not report which one. */
function originOfDomain({ columns }: Relation, failed: FailedStatement): ErrorOrigin {
  const ofDomain = columns.filter((column) => column.ofDomain)
  const supplied = ofDomain.filter((column) => isSupplied(column, failed.columns))
  if (ofDomain.length === 0) return 'unsure'
  if (supplied.length === 0) return failed.isUpdate === true ? 'unsure' : 'database'
  // An update does not set the other columns.
  if (supplied.length < ofDomain.length && failed.isUpdate !== true) return 'unsure'
  return supplied.every((column) => originByColumn(column, failed) === 'row') ? 'row' : 'unsure'
}

async function originOfValue(
  error: unknown,
  state: string,
  relation: Relation,
  failed: FailedStatement,
): Promise<ErrorOrigin> {
  if (failed.values?.isPlain === false) return 'unsure'
  if (failed.isUpdate === true) return originOfNewValue(error, state, relation, failed)
  const suspect = relation.columns.some(
    ({ name, inputs, harmless }) => !failed.columns.has(name) && inputs.length === 0 && !harmless,
  )
  const inFunction = isInFunction(error)
  if (!suspect && !inFunction && !relation.isView) return 'row'
  // Triggers after an insert do not run for a refused row.
  if (inFunction && relation.hasAfterTriggers) return 'unsure'
  const without = await errorWithoutValues(failed)
  if (without === undefined) return 'row'
  const then = sqlState(without)
  if (then === state) return 'database'
  // Defaults are computed before violations of class 23 are detected.
  const isOfRow =
    then?.startsWith('23') === true &&
    fieldOf(without, 'dataType') === undefined &&
    fieldOf(without, 'table') !== undefined
  return isOfRow ? 'row' : 'unsure'
}

/** Errors for values that are too large for their column (length, scale), in contrast to malformed values. */
const sizes: ReadonlySet<string> = new Set(['22001', '22003', '22026', '54000', '54001'])

/** Checks, indexes and generated columns use the old values of a row as well as the new ones. */
function originOfNewValue(
  error: unknown,
  state: string,
  relation: Relation,
  failed: FailedStatement,
): ErrorOrigin {
  const isMixed = relation.columns.some(({ inputs }) => {
    const supplied = inputs.filter((input) => failed.columns.has(input))
    return supplied.length > 0 && supplied.length < inputs.length
  })
  return sizes.has(state) && !isMixed && !relation.isView && !isInFunction(error) ? 'row' : 'unsure'
}

/** The error for a row that consists of defaults only. It is rolled back, but uses up values of sequences. */
async function errorWithoutValues(failed: FailedStatement): Promise<unknown> {
  try {
    await within(failed, async (db) => {
      await db.insertInto(failed.into).defaultValues().execute()
      throw new Rollback()
    })
  } catch (error) {
    return error instanceof Rollback ? undefined : error
  }
  return undefined
}

/** Runs a function in a transaction that the server ends at the deadline. */
async function within<T>(
  { db, deadline }: FailedStatement,
  run: (db: Kysely<Schema>) => Promise<T>,
): Promise<T> {
  const work = db.transaction().execute(async (trx) => {
    await limitTransaction(trx.withoutPlugins(), { left: deadline.left() })
    return run(trx)
  })
  return inTime(work, deadline)
}
