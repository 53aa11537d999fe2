import { SpillwayError } from '@spillway/message'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { ConflictRule } from '../conflict-rule.ts'
import type { Schema, TableName } from '../table.ts'
import { type Probed, withProbe } from './node-postgres.ts'
import type { PostgresFacts, PostgresType } from './postgres-facts.ts'
import { readPostgresKey } from './postgres-key.ts'

interface Read extends PostgresType, Probed {
  readonly name: string
  readonly oid: number
  readonly receive: string
  readonly statementTimeout: number
  readonly lockTimeout: number
  readonly idleTimeout: number
}

/**
 * Reads the columns of a table of Postgres, and the time-outs of the session.
 *
 * @throws SpillwayError `SPILLWAY_TABLE_UNKNOWN` if there is no such table, `SPILLWAY_WRITE_FAILED` if it cannot be
 * written to safely, or what the driver throws
 */
export async function readPostgresFacts(
  db: Kysely<Schema>,
  table: TableName,
  conflict: ConflictRule,
): Promise<PostgresFacts> {
  const names = table.schema === undefined ? [table.name] : [table.schema, table.name]
  const path = names.map((name) => `"${name.replaceAll('"', '""')}"`).join('.')
  const { rows, nodePostgres } = await withProbe(db, (probe) => readColumns(db, path, probe))
  const [first] = rows
  if (first === undefined) {
    throw new SpillwayError(
      'SPILLWAY_TABLE_UNKNOWN',
      `The table ${path} does not exist, or is not in the search path: run the migration.`,
    )
  }
  const { statementTimeout, lockTimeout, idleTimeout } = first
  const types = new Map(
    rows.map(({ name, sqlType, unnestable, list, json, oid, receive }) => [
      name,
      Object.freeze({ sqlType, unnestable, list, json, oid, receive: receive.replace(/^.*\./, '') }),
    ]),
  )
  const key = await readPostgresKey(db, path, conflict)
  return { types, statementTimeout, lockTimeout, idleTimeout, nodePostgres, ...key }
}

// `format_type(…, -1)` leaves out the modifier: a cast to varchar(3) would cut a text that the column would refuse.
async function readColumns(
  db: Kysely<Schema>,
  path: string,
  probe: RawBuilder<unknown>,
): Promise<readonly Read[]> {
  const { rows } = await sql<Read>`
    with recursive col as (
      select attname, atttypid, atttypid as base
      from pg_catalog.pg_attribute
      where attrelid = pg_catalog.to_regclass(${path}::text) and attnum > 0 and not attisdropped
      union all
      select col.attname, col.atttypid, domain.typbasetype
      from col join pg_catalog.pg_type domain on domain.oid = col.base and domain.typtype = 'd'
    )
    select col.attname::text as "name",
      pg_catalog.format_type(col.atttypid, -1) as "sqlType",
      col.atttypid::pg_catalog.int4 as "oid",
      base.typreceive::pg_catalog.text as "receive",
      ${probe} as "binary",
      own.typarray <> 0 and own.typdelim = ',' and base.typtype <> 'c' as "unnestable",
      base.typcategory = 'A' as "list",
      coalesce(element.typname, base.typname) in ('json', 'jsonb') as "json",
      ${milliseconds('statement_timeout')} as "statementTimeout",
      ${milliseconds('lock_timeout')} as "lockTimeout",
      ${milliseconds('idle_in_transaction_session_timeout')} as "idleTimeout"
    from col
    join pg_catalog.pg_type own on own.oid = col.atttypid
    join pg_catalog.pg_type base on base.oid = col.base and base.typtype <> 'd'
    left join pg_catalog.pg_type element on element.oid = base.typelem and base.typcategory = 'A'
  `.execute(db.withoutPlugins())
  return rows
}

// Cast to an integer, because drivers return a numeric as text.
function milliseconds(setting: string) {
  return sql<number>`(extract(epoch from pg_catalog.current_setting(${sql.lit(setting)})::interval) * 1000)::int4`
}
