import { sql } from 'kysely'
import type { InsertDialect, Statement } from '../dialect.ts'
import { keyIs } from '../key-is.ts'
import type { Row } from '../table.ts'
import { arrayText } from './array-text.ts'
import { binaryArray } from './binary-array.ts'
import { declaredType } from './builtin-types.ts'
import { encodeValue, valueText } from './encode-value.ts'
import { readDriver } from './node-postgres.ts'
import { runWithLimits } from './pipeline-transactions.ts'
import { readPostgresFacts } from './postgres-catalogue.ts'
import { sqlState } from './postgres-errors.ts'
import type { PostgresFacts, PostgresType } from './postgres-facts.ts'
import { compileInsert, compileValues } from './postgres-insert.ts'
import { asBytes, findTaken } from './postgres-taken.ts'

/** Up to this number of rows, a list of `values` is faster on the server than `unnest`. */
const fewRows = 16

/**
 * Functions of the server that fail for an unreadable binary parameter, for example if another type has the declared
 * name.
 */
const readers: ReadonlySet<unknown> = new Set(['array_recv', 'getTypeBinaryInputInfo'])

/** Whether the server could not read a binary parameter (22P03, `invalid_binary_representation`). */
function isUnread(error: unknown): boolean {
  const state = sqlState(error)
  return state === '22P03' || (state !== undefined && readers.has((error as { routine?: unknown }).routine))
}

/** Facts of tables whose server could not read binary arrays. */
const textOnly = new WeakSet<PostgresFacts>()

/**
 * Inserts one array for each column, by `unnest`. The text of the statement depends only on the columns, the limit on
 * parameters does not matter, and the statement has no name, so that RDS Proxy does not pin the session.
 *
 * Through node-postgres a few rows are sent as a list of `values`, as in a plain insert, and arrays of the common
 * types in binary form, which costs the server less than parsing text.
 */
export const postgresWriter: InsertDialect<PostgresFacts> = {
  duplicateCode: '23505',
  hasConflictTargets: true,
  readFacts: readPostgresFacts,
  async declareFacts(db, declared) {
    const types = new Map([...declared].map(([column, sqlType]) => [column, declaredType(sqlType)]))
    return { ...(await readDriver(db)), types, declared: true }
  },
  encode: (value, type, { nodePostgres }) => encodeValue(value, type as PostgresType, nodePostgres?.dateText),
  chunk: (rows) => [rows],
  async insert(rows, statement) {
    const columns = rows[0]?.columns ?? []
    try {
      await insertRows(columns, rows, statement)
    } catch (error) {
      throw sqlState(error) === '21000' && hasInexactKey(statement) ? duplicateInStatement() : error
    }
  },
  keyIs: (row, place) => keyIs(row, place, (column, value) => sql`${asBytes(column)} = ${asBytes(value)}`),
  findTaken,
}

function hasInexactKey({ conflict, facts, columnName }: Statement<PostgresFacts>): boolean {
  return conflict.on.some((column) => facts.key?.get(columnName(column))?.collation !== undefined)
}

/** The error for two keys of a statement that are equal by collation. The rows are then split, until each is alone. */
function duplicateInStatement(): Error {
  const words = 'a statement updates a row twice, by keys that are equal by collation'
  return Object.assign(new Error(words), { code: '23505', severity: 'ERROR' })
}

async function insertRows(
  columns: readonly string[],
  rows: readonly Row[],
  statement: Statement<PostgresFacts>,
): Promise<void> {
  const { facts, conflict } = statement
  const isPlain = facts.nodePostgres !== undefined && facts.declared !== true
  if (isPlain && rows.length <= (conflict.action === 'update' ? 1 : fewRows)) {
    return runWithLimits(statement, compileValues(columns, rows, statement))
  }
  const arrays = columns.map((column, index) => arrayOf(rows, index, column, statement))
  try {
    await runWithLimits(statement, compileInsert(columns, arrays, statement))
  } catch (error) {
    if (!isUnread(error) || !arrays.some((array) => typeof array !== 'string')) throw error
    const texts = columns.map((_, index) => columnText(rows, index))
    await runWithLimits(statement, compileInsert(columns, texts, statement))
    textOnly.add(facts)
  }
}

function arrayOf(
  rows: readonly Row[],
  index: number,
  column: string,
  statement: Statement<PostgresFacts>,
): string | Buffer {
  const { facts, columnName } = statement
  const type = facts.types.get(columnName(column))
  const isBinary = facts.nodePostgres !== undefined && !textOnly.has(facts)
  return (isBinary && binaryColumn(rows, index, type)) || columnText(rows, index)
}

function binaryColumn(
  rows: readonly Row[],
  index: number,
  type: PostgresType | undefined,
): Buffer | undefined {
  return type?.oid === undefined ? undefined : binaryArray(rows, index, type.oid)
}

function columnText(rows: readonly Row[], index: number): string {
  return arrayText(rows.map(({ values }) => valueText(values[index] ?? null)))
}
