import { type InsertQueryBuilder, sql } from 'kysely'
import { chunkRows, toRecords } from '../chunks.ts'
import { updatedColumns } from '../conflict-rule.ts'
import type { InsertDialect, Statement } from '../dialect.ts'
import type { Row, Schema } from '../table.ts'
import { readMysqlFacts } from './mysql-catalogue.ts'
import { isTakenKey, mysqlNames, mysqlNumber, sameByCollation, takenKey, tooLarge } from './mysql-errors.ts'
import type { MysqlFacts } from './mysql-facts.ts'
import { findEqualKeys, findKeys, isExactly } from './mysql-key.ts'
import { mysqlLimits } from './mysql-limits.ts'
import { packetBytes } from './mysql-packet.ts'
import { plainValue } from './plain-value.ts'

/** The protocol counts the parameters of a prepared statement in two bytes (MySQL Internals, "COM_STMT_PREPARE"). */
const maxParameters = 65_535

const defaultPacket = 2 ** 20

/**
 * Inserts rows by a list of `values`, in statements of at most 65,535 values and half of `max_allowed_packet`, because
 * the driver escapes texts, which may double their size. A statement is atomic in a transactional storage engine:
 * InnoDB.
 */
export const mysqlWriter: InsertDialect<MysqlFacts> = {
  duplicateCode: 'MYSQL_1062',
  hasConflictTargets: false,
  readFacts: readMysqlFacts,
  // The driver writes dates in the time zone of the connection.
  encode: plainValue,
  chunk: (rows, { maxStatementBytes = defaultPacket }) =>
    chunkRows(rows, { parameters: maxParameters, bytes: Math.floor(maxStatementBytes / 2) - 4_096 }),
  async insert(rows, statement) {
    switch (statement.conflict.action) {
      case 'nothing':
        return insertNew(rows, statement)
      case 'update':
        return insertOrUpdate(rows, statement)
      case 'fail':
        return run(compileInsert(rows, statement), rows, statement)
    }
  },
  keyIs: isExactly,
}

/**
 * Inserts the rows whose keys are not in the table. Existing rows are not touched: `on duplicate key update` would run
 * triggers, write the history of a system-versioned table and use up an auto-increment value, and `insert ignore`
 * would hide other errors of a row.
 *
 * Rows that were delivered before are looked up first. Others are looked up only if the insert meets their key, because
 * a message was sent twice at the same time.
 */
async function insertNew(rows: readonly Row[], statement: Statement<MysqlFacts>): Promise<void> {
  const again = rows.filter(({ receiveCount }) => receiveCount > 1)
  let left = without(rows, again.length === 0 ? new Set() : await findKeys(again, statement))
  while (left.length > 0) {
    try {
      return await run(compileInsert(left, statement), left, statement)
    } catch (error) {
      if (!isDuplicate(error)) throw error
      const found = await findKeys(left, statement)
      if (found.size === 0) throw await duplicateOf(left, statement, error)
      left = without(left, found)
    }
  }
}

/** The error for one row: it states whether the key is equal to another by collation alone. */
async function duplicateOf(
  rows: readonly Row[],
  statement: Statement<MysqlFacts>,
  error: unknown,
): Promise<unknown> {
  const { conflict, facts, columnName } = statement
  const named = mysqlNames(error).constraint
  // MySQL prefixes the name of the table. For an update the name is not known.
  const isOfAnother =
    named !== undefined && !facts.keyIndexes.some((name) => named === name || named.endsWith(`.${name}`))
  if (rows.length > 1 || isOfAnother) return error
  const equal = await findEqualKeys(rows, statement)
  if (equal.size === 0) return error
  return sameByCollation(conflict.on, (column) => facts.key?.get(columnName(column))?.collation)
}

async function insertOrUpdate(rows: readonly Row[], statement: Statement<MysqlFacts>): Promise<void> {
  const { conflict, facts } = statement
  const update = assignments(statement, rows[0]?.columns ?? [])
  try {
    await run(compileInsert(rows, statement).onDuplicateKeyUpdate(update), rows, statement)
  } catch (error) {
    if (!isTakenKey(error, facts.neverNullKey)) throw error
    throw await duplicateOf(rows, statement, takenKey(conflict.on))
  }
}

function compileInsert(rows: readonly Row[], { db, table }: Statement<MysqlFacts>) {
  return db.insertInto(table).values(toRecords(rows))
}

async function run<Result>(
  insert: InsertQueryBuilder<Schema, string, Result>,
  rows: readonly Row[],
  { db, facts, deadline }: Statement<MysqlFacts>,
): Promise<void> {
  // Only a statement with a single row can be too large: see `chunk`.
  if (rows.length === 1) assertFits(insert.compile(), facts.maxStatementBytes)
  const limits = mysqlLimits(deadline, facts)
  // Kysely's plugins have been applied to the builder already.
  await (limits === '' ? insert.execute() : sql`${sql.raw(limits)}${insert}`.execute(db.withoutPlugins()))
}

/** The bytes of the prefix of a statement and of the protocol. */
const envelope = 256

function assertFits(query: Parameters<typeof packetBytes>[0], maxPacket = Number.POSITIVE_INFINITY): void {
  const bytes = packetBytes(query) + envelope
  if (bytes > maxPacket) throw tooLarge(bytes, maxPacket)
}

function without(rows: readonly Row[], found: ReadonlySet<Row>): readonly Row[] {
  return found.size === 0 ? rows : rows.filter((row) => !found.has(row))
}

function isDuplicate(error: unknown): boolean {
  const number = mysqlNumber(error)
  return number === 1062 || number === 1586
}

/**
 * The update of an existing row. MySQL cannot name the constraint whose conflicts count, so the keys are compared. For
 * a conflict of another constraint, or with a key that is equal by collation alone, the key is set to null, which its
 * column does not accept: the statement fails (1048).
 *
 * Assignments take effect one after another, so the version, on which all others depend, comes last.
 */
function assignments({ conflict, facts, columnName }: Statement<MysqlFacts>, columns: readonly string[]) {
  const given = (column: string) => sql`values(${sql.ref(column)})`
  const key = conflict.on.find((column) => columnName(column) === facts.neverNullKey) ?? ''
  const isSame = (column: string) =>
    facts.key?.get(columnName(column))?.collation === undefined
      ? sql`${sql.ref(column)} <=> ${given(column)}`
      : sql`cast(${sql.ref(column)} as binary) <=> cast(${given(column)} as binary)`
  const same = sql.join(conflict.on.map(isSame), sql` and `)
  const guard = [key, sql`if(${same}, ${sql.ref(key)}, null)`] as const
  const { version } = conflict
  const updates = updatedColumns(conflict, columns).map((column) => {
    if (version === undefined) return [column, given(column)] as const
    const current = sql.ref(version)
    const newer = sql`${current} is null or ${given(version)} > ${current}`
    return [column, sql`if(${newer}, ${given(column)}, ${sql.ref(column)})`] as const
  })
  return Object.fromEntries([guard, ...updates])
}
