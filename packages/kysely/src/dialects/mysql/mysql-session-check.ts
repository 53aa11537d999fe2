import { SpillwayError } from '@spillway/message'
import { type Kysely, sql } from 'kysely'
import type { Deadline } from '../../time/deadline.ts'
import type { SessionCheck } from '../dialect.ts'
import { mariadbLimits } from './mysql-limits.ts'
import { hexLiteral, type MysqlSettings, refusedEscapes, refusedSettings } from './mysql-settings.ts'

/**
 * Checks the settings of MySQL and MariaDB that change the meaning of statements. See `SessionCheck`.
 *
 * @param access `read` requires neither a strict `sql_mode` nor transactions
 */
export function mysqlSessionCheck<DB>(db: Kysely<DB>, table: string, access: 'read' | 'write'): SessionCheck {
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

/** The statement has no parameters: with the settings that are being checked, they would not be safe. */
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
