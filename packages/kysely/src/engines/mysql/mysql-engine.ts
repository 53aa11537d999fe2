import { sql } from 'kysely'
import { isTakenKey, takenKey } from '../../errors/mysql-errors.ts'
import { updatedColumns } from '../../writer/conflict.ts'
import { chunkRows } from '../chunk-rows.ts'
import type { Engine, Statement } from '../engine.ts'
import { plainValue } from '../plain-value.ts'
import { toRecords } from '../to-records.ts'
import { readMysqlFacts } from './mysql-catalogue.ts'
import { mysqlLimits } from './mysql-limits.ts'

/** The protocol counts the parameters of a prepared statement in two bytes (MySQL Internals, "COM_STMT_PREPARE"). */
const maxParameters = 65_535

/**
 * MySQL and MariaDB: rows of `values`, in statements of at most 65,535 values and half of `max_allowed_packet`, because
 * the driver escapes texts and may double them. A statement is atomic in a transactional storage engine: InnoDB.
 */
export const mysqlEngine: Engine = {
  readFacts: readMysqlFacts,
  // The driver writes dates in the time zone that the connection is set to.
  encode: (value) => plainValue(value, { date: (date) => date }),
  chunk: (rows, { maxPacket = 2 ** 20 }) =>
    chunkRows(rows, { parameters: maxParameters, bytes: Math.floor(maxPacket / 2) - 4_096 }),
  async insert(rows, statement) {
    const { db, table, facts, deadline, conflict } = statement
    const insert = db
      .insertInto(table)
      .values(toRecords(rows))
      .$if(conflict.action !== 'fail', (query) =>
        query.onDuplicateKeyUpdate(assignments(statement, rows[0]?.columns ?? [])),
      )
    const limits = mysqlLimits(deadline, facts)
    try {
      // Kysely's plugins have changed the names of the builder already.
      await (limits === '' ? insert.execute() : sql`${sql.raw(limits)}${insert}`.execute(db.withoutPlugins()))
    } catch (error) {
      throw conflict.action !== 'fail' && isTakenKey(error, facts.sureKey) ? takenKey(conflict.on) : error
    }
  },
}

/**
 * What happens to a row that is there already. MySQL cannot name the constraint that was meant, so the key is compared: a
 * conflict of any other gives the key a null, which it cannot have, and the statement fails (1048). `insert ignore` would
 * hide such a row, and what the server cuts besides.
 *
 * Assignments take effect one after the other: the version, on which all others depend, is the last.
 */
function assignments({ conflict, facts, columnName }: Statement, columns: readonly string[]) {
  const given = (column: string) => sql`values(${sql.ref(column)})`
  const key = conflict.on.find((column) => columnName(column) === facts.sureKey) ?? ''
  const same = sql.join(
    conflict.on.map((column) => sql`${sql.ref(column)} <=> ${given(column)}`),
    sql` and `,
  )
  const guard = [key, sql`if(${same}, ${sql.ref(key)}, null)`] as const
  if (conflict.action !== 'update') return Object.fromEntries([guard])
  const { version } = conflict
  const updates = updatedColumns(conflict, columns).map((column) => {
    if (version === undefined) return [column, given(column)] as const
    const current = sql.ref(version)
    const newer = sql`${current} is null or ${given(version)} > ${current}`
    return [column, sql`if(${newer}, ${given(column)}, ${sql.ref(column)})`] as const
  })
  return Object.fromEntries([guard, ...updates])
}
