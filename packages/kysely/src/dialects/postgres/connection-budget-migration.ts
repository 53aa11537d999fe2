import { SpillwayError } from '@spillway/message'
import { checkOptions, integer, nonEmptyString, type OptionRules, required } from '@spillway/message/internal'
import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { dialectOf } from '../dialects.ts'
import { postgresDialect } from './postgres-dialect.ts'

/** Options of {@link connectionBudgetMigration}. */
export interface ConnectionBudgetOptions {
  /** The role of the functions. Nothing else should connect as this role. */
  readonly role: string
  /** The maximum number of sessions of the role: the budget of all environments together. */
  readonly connections: number
  /**
   * Milliseconds after which the server ends an idle session. Default 1,000: a frozen environment soon frees its
   * connection, and a busy one need not connect for each batch.
   */
  readonly idleSessionTimeoutMillis?: number
  /**
   * Milliseconds after which the server ends a session whose transaction waits for its next statement: an environment
   * that was frozen inside a transaction keeps neither its locks nor its connection. Default 10,000: longer than a
   * transaction should wait for anything but the database.
   */
  readonly idleInTransactionSessionTimeoutMillis?: number
  /**
   * Milliseconds between checks of the server whether the client of a running statement is still connected. Default
   * 1,000: the statement of a killed environment soon ends, with its session.
   */
  readonly connectionCheckMillis?: number
  /**
   * Milliseconds after which the server ends a statement (SQLSTATE 57014). Default 900,000, the longest time-out of a
   * Lambda function. Set it to the longest time-out of your functions; by default a value that the role already has is
   * kept. If it is shorter than the time of a batch, {@link kyselyWriter} sets no limits of its own, which saves work.
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

/** The maximum milliseconds of an invocation (AWS Lambda, "Configure function timeout"). */
const longestInvocation = 900_000

/**
 * A migration, for Kysely's `Migrator`, that makes Postgres itself enforce the budget: the role of the functions gets a
 * `connection limit`, and its idle sessions end. Regardless of the environments that Lambda keeps, starts or kills, the
 * role never has more sessions: the server refuses another one with SQLSTATE 53300, and the writer waits.
 *
 * Open sessions keep their settings. `down` removes the limits.
 *
 * Needs the right to change the role: `createrole` with `admin option` on it, which the master user of RDS has.
 * Postgres 14 and later. In MySQL, use `alter user … with max_user_connections` and `wait_timeout`.
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
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range; by `up` and
 * `down`, for another dialect.
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

  /** The settings to set or reset, without a time-out that the role already had. */
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
