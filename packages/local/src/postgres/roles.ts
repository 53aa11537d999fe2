import { type Client, escapeIdentifier } from 'pg'

/** The role for manual use, which owns the database. */
export const ownerRole = 'spillway'
/** The role for functions, which reads and writes and may not use reserved connections. */
export const functionsRole = 'app'

/** An empty database that every data folder has. It is renamed to the caller's database. */
const preparedDatabase = 'spillway_prepared'

/**
 * The statements that the superuser runs once, for the data folder that all others are copies of: they create the two
 * roles and the prepared database, which takes a third of the time of a start.
 *
 * The owner may change the functions' role and create databases, as the master user of RDS may: a migration can set the
 * limits of the role. Idle sessions of the functions end after a time-out, even inside a transaction, so that frozen
 * environments do not keep connections and locks. A statement whose client has disconnected ends within a second.
 */
export const preparation: readonly string[] = [
  `create role ${ownerRole} login createrole createdb password '${ownerRole}' in role pg_use_reserved_connections, pg_monitor, pg_signal_backend`,
  `create role ${functionsRole} login password '${functionsRole}'`,
  `grant ${functionsRole} to ${ownerRole} with admin true, inherit false, set false`,
  `alter role ${functionsRole} set idle_in_transaction_session_timeout = '10s'`,
  `alter role ${functionsRole} set client_connection_check_interval = '1s'`,
  `create database ${preparedDatabase} owner ${ownerRole}`,
]

/** The limits of the functions' role. */
export interface FunctionsLimits {
  /** The most sessions. Default: no limit for the role. */
  readonly connectionLimit?: number | undefined
  /** Seconds after which an idle session ends. Default 1. */
  readonly idleSessionTimeout?: number | undefined
}

/**
 * Sets the limits of the functions' role, and renames the prepared database to the caller's. Needs a connection of the
 * owner to the database `postgres`.
 */
export async function nameDatabase(
  client: Client,
  databaseName: string,
  { connectionLimit = -1, idleSessionTimeout = 1 }: FunctionsLimits = {},
): Promise<void> {
  await client.query(`
    alter role ${functionsRole} connection limit ${Math.trunc(connectionLimit)};
    alter role ${functionsRole} set idle_session_timeout = '${Math.trunc(idleSessionTimeout)}s'`)
  await client.query(`alter database ${preparedDatabase} rename to ${escapeIdentifier(databaseName)}`)
}

/**
 * Grants the functions' role its rights on everything that the owner will create. Needs a connection of the owner to
 * the app's database.
 */
export async function grantRights(client: Client): Promise<void> {
  await client.query(`
    grant usage on schema public to ${functionsRole};
    alter default privileges grant all on tables to ${functionsRole};
    alter default privileges grant all on sequences to ${functionsRole};
    alter default privileges grant usage on schemas to ${functionsRole}`)
}
