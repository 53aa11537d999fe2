import { type Client, escapeIdentifier } from 'pg'

/** The role for people: owns the database. */
export const ownerRole = 'spillway'
/** The role for functions: reads and writes, and gets no reserved connection. */
export const functionsRole = 'app'

/** Makes the two roles and the database; for the superuser, on the database `postgres`. */
export async function createRoles(client: Client, databaseName: string): Promise<void> {
  await client.query(`
    create role ${ownerRole} login password '${ownerRole}'
      in role pg_use_reserved_connections, pg_monitor, pg_signal_backend;
    create role ${functionsRole} login password '${functionsRole}'`)
  // Not in one query with the others: it cannot run in a transaction.
  await client.query(`create database ${escapeIdentifier(databaseName)} owner ${ownerRole}`)
}

/** Gives the functions' role its rights on all that the owner will create; for the owner, on its database. */
export async function grantRights(client: Client): Promise<void> {
  await client.query(`
    grant usage on schema public to ${functionsRole};
    alter default privileges grant all on tables to ${functionsRole};
    alter default privileges grant all on sequences to ${functionsRole};
    alter default privileges grant usage on schemas to ${functionsRole}`)
}
