import { type RawBuilder, sql } from 'kysely'

/** The settings of a session of MySQL or MariaDB, and the storage engine of a table. */
export interface MysqlSettings {
  /** The `sql_mode` of the session. */
  readonly mode: string
  /** The storage engine of the table; `null` for a view. */
  readonly engine: string | null
  /** `YES` if the storage engine has transactions. */
  readonly transactions: string | null
}

/** The reason why these settings make writes unsafe; `undefined` if writes are safe. */
export function refusedSettings({ mode, engine, transactions }: MysqlSettings): string | undefined {
  if (!/STRICT_(?:TRANS|ALL)_TABLES|TRADITIONAL/.test(mode)) {
    return 'the sql_mode is not strict, so that it would cut values: add STRICT_TRANS_TABLES'
  }
  const escapes = refusedEscapes(mode)
  if (escapes !== undefined) return escapes
  if (engine !== null && transactions !== 'YES') {
    return `its storage engine ${engine} is not transactional, so that a failed statement leaves rows behind, and it stores values that a strict sql_mode refuses: use InnoDB`
  }
  return undefined
}

/** The reason why this `sql_mode` makes texts unsafe; `undefined` if texts are safe. */
export function refusedEscapes(mode: string): string | undefined {
  if (!mode.includes('NO_BACKSLASH_ESCAPES')) return undefined
  return 'the sql_mode has NO_BACKSLASH_ESCAPES, while the driver escapes texts with backslashes, so that values would be stored wrongly and could be run as SQL: remove it'
}

/** A text as a literal without escapes, which has the same meaning in every `sql_mode`. */
export function hexLiteral(text: string): RawBuilder<string> {
  return sql.raw(`_utf8mb4 x'${Buffer.from(text).toString('hex')}'`)
}
