import { SpillwayError } from '@spillway/message'
import { checkOptions, integer, nonEmptyString, type OptionRules, required } from '@spillway/message/internal'
import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { dialectOf } from '../dialects.ts'
import { postgresDialect } from './postgres-dialect.ts'

/** What {@link connectionBudgetMigration} takes. */
export interface ConnectionBudgetOptions {
  /** The role that the functions, and nobody else, connect as. */
  readonly role: string
  /** The most sessions of that role: the budget of all environments together. */
  readonly connections: number
  /**
   * Milliseconds after which the server ends a session that asks nothing. Default 1,000: a frozen environment gives its
   * place to another soon, and one that works does not connect for each batch.
   */
  readonly idleSessionTimeoutMillis?: number
  /**
   * Milliseconds after which the server ends a session whose transaction waits for its next statement: an environment that
   * was frozen in mid-transaction keeps neither its locks nor its place. Default 10,000: longer than a transaction should
   * wait for anything but the database.
   */
  readonly idleInTransactionSessionTimeoutMillis?: number
  /**
   * Milliseconds between looks of the server whether the client of a running statement is still there. Default 1,000: a
   * statement of an environment that was killed ends, and its session with it, rather than when it is done.
   */
  readonly connectionCheckMillis?: number
  /**
   * Milliseconds after which the server ends a statement (SQLSTATE 57014). Default 900,000, as long as any function of
   * Lambda may run: whoever sent a longer one is gone. Give the longest time-out of the functions; one that the role has
   * already stays by default. With one that is below the time that a batch has, {@link kyselyWriter} sets no limits of its
   * own, which spares work.
   */
  readonly statementTimeoutMillis?: number
}

const rules: OptionRules<ConnectionBudgetOptions> = {
  role: required(nonEmptyString(63)),
  connections: { ...integer(1, 100_000), required: true },
  idleSessionTimeoutMillis: integer(100, 86_400_000),
  idleInTransactionSessionTimeoutMillis: integer(100, 86_400_000),
  connectionCheckMillis: integer(100, 86_400_000),
  statementTimeoutMillis: integer(1, 900_000),
}

/** Milliseconds that a function may run at most (AWS Lambda, "Configure function timeout"). */
const longestInvocation = 900_000

/**
 * The migration that has Postgres itself hold the budget, for Kysely's `Migrator`: the functions' role gets a
 * `connection limit` and ends its idle sessions. Whatever environments Lambda keeps, starts or kills, the role never has
 * more sessions than that; one too many is refused with SQLSTATE 53300, for which the writer waits.
 *
 * Sessions that are open keep the settings that they began with. `down` takes the limits away again.
 *
 * Needs the right to change the role: `createrole` with `admin option` on it, which the master user of RDS has. Postgres
 * 14 and later. In MySQL `alter user … with max_user_connections` and `wait_timeout` do the same.
 *
 * Source: PostgreSQL documentation, "ALTER ROLE" and "Client Connection Defaults".
 *
 * @example
 * ```ts
 * import { connectionBudgetMigration } from '@spillway/kysely'
 *
 * export const { up, down } = connectionBudgetMigration({ role: 'app', connections: 16 })
 * ```
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range; by `up` and `down`,
 * for another dialect.
 */
export function connectionBudgetMigration(options: ConnectionBudgetOptions): Required<Migration> {
  checkOptions('connectionBudgetMigration', options, rules)
  const { role, connections, statementTimeoutMillis } = options
  const { idleSessionTimeoutMillis = 1_000, connectionCheckMillis = 1_000 } = options
  const { idleInTransactionSessionTimeoutMillis = 10_000 } = options
  const settings = {
    idle_session_timeout: idleSessionTimeoutMillis,
    idle_in_transaction_session_timeout: idleInTransactionSessionTimeoutMillis,
    client_connection_check_interval: connectionCheckMillis,
    statement_timeout: statementTimeoutMillis ?? longestInvocation,
  }
  const name = sql.id(role)

  /** The settings that are ours to set, or to take away: not a time-out that somebody gave the role on purpose. */
  async function ourSettings<DB>(db: Kysely<DB>): Promise<readonly (readonly [string, number])[]> {
    const entries = Object.entries(settings)
    if (statementTimeoutMillis !== undefined) return entries
    const { rows } = await sql<{ setting: string }>`
      select pg_catalog.unnest(rolconfig) as setting from pg_catalog.pg_roles where rolname = ${role}`.execute(
      db,
    )
    const isOfOthers = rows.some(
      ({ setting }) =>
        setting.startsWith('statement_timeout=') && setting !== `statement_timeout=${longestInvocation}`,
    )
    return isOfOthers ? entries.filter(([setting]) => setting !== 'statement_timeout') : entries
  }

  return {
    async up<DB>(db: Kysely<DB>) {
      const plain = postgresOnly(db)
      await sql`alter role ${name} connection limit ${sql.lit(connections)}`.execute(plain)
      for (const [setting, value] of await ourSettings(plain)) {
        await sql`alter role ${name} set ${sql.id(setting)} = ${sql.lit(value)}`.execute(plain)
      }
    },
    async down<DB>(db: Kysely<DB>) {
      const plain = postgresOnly(db)
      await sql`alter role ${name} connection limit -1`.execute(plain)
      for (const [setting] of await ourSettings(plain)) {
        await sql`alter role ${name} reset ${sql.id(setting)}`.execute(plain)
      }
    },
  }
}

function postgresOnly<DB>(db: Kysely<DB>): Kysely<DB> {
  const plain = db.withoutPlugins()
  if (dialectOf('connectionBudgetMigration', plain) === postgresDialect) return plain
  throw new SpillwayError('SPILLWAY_OPTION_INVALID', 'connectionBudgetMigration is for Postgres.')
}
