import { SpillwayError } from '@spillway/message'
import { type Kysely, sql } from 'kysely'
import type { Deadline } from '../../time/deadline.ts'
import type { EngineName } from '../dialects.ts'
import { mariadbLimits } from './mysql-limits.ts'
import { hexLiteral, type MysqlSettings, refusedEscapes, refusedSettings } from './mysql-settings.ts'

/**
 * Makes sure, before a statement with parameters is sent, that the settings of the server and of the table let it mean
 * what it says. The database is asked until the check has passed once: the sessions of a pool are configured alike.
 *
 * @throws SpillwayError with the reason when nothing may be sent, or what the driver throws
 */
export type SessionCheck = (deadline: Deadline) => Promise<void>

/**
 * The check of one table, for what does not read the catalogue of its table. Only MySQL and MariaDB have settings that
 * change a statement; elsewhere nothing is asked.
 *
 * @param access what is done with the table: whoever only reads needs neither a strict `sql_mode` nor transactions
 */
export function createSessionCheck<DB>(
  db: Kysely<DB>,
  engine: EngineName,
  table: string,
  access: 'read' | 'write',
): SessionCheck {
  if (engine !== 'mysql') return async () => undefined
  const plain = db.withoutPlugins()
  let passed = false
  return async function checkSession(deadline) {
    if (passed) return
    const settings = await readSettings(plain, table, deadline)
    const why = access === 'read' ? refusedEscapes(settings.mode) : refusedSettings(settings)
    if (why !== undefined) {
      const code = access === 'read' ? 'SPILLWAY_STATUS_UNAVAILABLE' : 'SPILLWAY_WRITE_FAILED'
      throw new SpillwayError(code, `No statement is sent to "${table}": ${why}.`)
    }
    passed = true
  }
}

/** Has no parameters: under the settings that it looks for, they would not be safe. */
async function readSettings<DB>(db: Kysely<DB>, table: string, deadline: Deadline): Promise<MysqlSettings> {
  const dot = table.indexOf('.')
  const schema = dot < 0 ? sql`database()` : hexLiteral(table.slice(0, dot))
  const isTable = sql`t.table_schema = ${schema} and t.table_name = ${hexLiteral(table.slice(dot + 1))}`
  const { rows } = await sql<MysqlSettings>`
    ${sql.raw(`/*M! ${mariadbLimits(deadline.left())} */`)} select @@sql_mode as mode,
      (select t.engine from information_schema.tables t where ${isTable}) as engine,
      (select e.transactions from information_schema.tables t
        join information_schema.engines e on e.engine = t.engine where ${isTable}) as transactions`.execute(
    db,
  )
  return rows[0] ?? { mode: '', engine: null, transactions: null }
}
