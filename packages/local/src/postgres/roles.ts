import { type Client, escapeIdentifier } from 'pg'

/** The role for people: owns the database. */
export const ownerRole = 'spillway'
/** The role for functions: reads and writes, and gets no reserved connection. */
export const functionsRole = 'app'

/**
 * An empty database that each data folder comes with. It gets the name and the owner of the caller's database: to create
 * one takes a third of the time that the whole start takes.
 */
export const preparedDatabase = 'spillway_prepared'

/** What the server holds the functions' role to. */
export interface FunctionsLimits {
  /** The most sessions. Default: no limit of its own. */
  readonly connectionLimit?: number | undefined
  /** Seconds after which a session that asks nothing ends. Default 1. */
  readonly idleSessionTimeout?: number | undefined
}

/**
 * Makes the two roles, and the prepared database that of the caller; for the superuser, on the database `postgres`.
 *
 * The owner may change the functions' role, as the master user of RDS may: a migration can set its limits. A session of
 * the functions that is idle for too long ends, in a transaction too, so that frozen environments do not keep what others
 * need, and a statement whose client is gone ends within a second.
 */
export async function createRoles(
  client: Client,
  databaseName: string,
  { connectionLimit = -1, idleSessionTimeout = 1 }: FunctionsLimits = {},
): Promise<void> {
  await client.query(`
    create role ${ownerRole} login createrole password '${ownerRole}'
      in role pg_use_reserved_connections, pg_monitor, pg_signal_backend;
    create role ${functionsRole} login password '${functionsRole}' connection limit ${Math.trunc(connectionLimit)};
    grant ${functionsRole} to ${ownerRole} with admin true, inherit false, set false;
    alter role ${functionsRole} set idle_session_timeout = '${Math.trunc(idleSessionTimeout)}s';
    alter role ${functionsRole} set idle_in_transaction_session_timeout = '10s';
    alter role ${functionsRole} set client_connection_check_interval = '1s'`)
  const name = escapeIdentifier(databaseName)
  await client.query(`alter database ${preparedDatabase} rename to ${name}`)
  await client.query(`alter database ${name} owner to ${ownerRole}`)
}

/** Gives the functions' role its rights on all that the owner will create; for the owner, on its database. */
export async function grantRights(client: Client): Promise<void> {
  await client.query(`
    grant usage on schema public to ${functionsRole};
    alter default privileges grant all on tables to ${functionsRole};
    alter default privileges grant all on sequences to ${functionsRole};
    alter default privileges grant usage on schemas to ${functionsRole}`)
}
