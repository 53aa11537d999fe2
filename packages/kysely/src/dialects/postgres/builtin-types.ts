import type { PostgresType } from './postgres-facts.ts'

const types: readonly (readonly [oid: number, receive: string, ...names: string[]])[] = [
  [16, 'boolrecv', 'bool', 'boolean'],
  [17, 'bytearecv', 'bytea'],
  [20, 'int8recv', 'int8', 'bigint'],
  [21, 'int2recv', 'int2', 'smallint'],
  [23, 'int4recv', 'int4', 'int', 'integer'],
  [25, 'textrecv', 'text'],
  [114, 'json_recv', 'json'],
  [700, 'float4recv', 'float4', 'real'],
  [701, 'float8recv', 'float8', 'double precision', 'float'],
  [1042, 'bpcharrecv', 'bpchar'],
  [1043, 'varcharrecv', 'varchar', 'character varying'],
  [1082, 'date_recv', 'date'],
  [1114, 'timestamp_recv', 'timestamp', 'timestamp without time zone'],
  [1184, 'timestamptz_recv', 'timestamptz', 'timestamp with time zone'],
  [2950, 'uuid_recv', 'uuid'],
  [3802, 'jsonb_recv', 'jsonb'],
]

const byName = new Map(
  types.flatMap(([oid, receive, ...names]) => names.map((name) => [name, { oid, receive }] as const)),
)

/**
 * A type that the user declared by its name. The catalogue has the same facts about a built-in type in every Postgres
 * (`pg_type.dat`).
 */
export function declaredType(sqlType: string): PostgresType {
  const list = sqlType.endsWith('[]')
  const json = /^jsonb?(?:\[\])?$/.test(sqlType)
  return { sqlType, unnestable: !list, list, json, ...byName.get(sqlType) }
}
