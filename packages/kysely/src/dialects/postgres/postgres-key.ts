import { SpillwayError } from '@spillway/message'
import { type Kysely, sql } from 'kysely'
import type { ConflictRule } from '../conflict-rule.ts'
import type { Schema, TableFacts } from '../table.ts'
import { arbiterFault, type UniqueIndex } from './arbiter.ts'
import { isRefusedKey, type PostgresColumn, postgresKeyColumn } from './postgres-key-column.ts'

interface Read {
  readonly insteadOf: boolean
  readonly kind: string
  /** JSON, because drivers return arrays in different forms. */
  readonly indexes: string | null
  readonly columns: string | null
}

/**
 * Reads how the conflict columns of a table store values, and checks that the table has a usable unique constraint.
 *
 * @param path the name of the table, quoted
 * @throws SpillwayError `SPILLWAY_WRITE_FAILED` with the reason when nothing can be written safely, or what the driver
 * throws
 */
export async function readPostgresKey(
  db: Kysely<Schema>,
  path: string,
  conflict: ConflictRule,
): Promise<Pick<TableFacts, 'key'>> {
  const { rows } = await sql<Read>`
    select c.relkind::text as "kind",
      exists (
        select from pg_catalog.pg_trigger t where t.tgrelid = c.oid and t.tgtype & 68 = 68
      ) as "insteadOf",
      (${uniqueIndexes})::text as "indexes",
      (${keyColumns(conflict.on)})::text as "columns"
    from pg_catalog.pg_class c where c.oid = pg_catalog.to_regclass(${path}::text)`.execute(
    db.withoutPlugins(),
  )
  const [read] = rows
  if (read === undefined) return {}
  const columns: readonly PostgresColumn[] = JSON.parse(read.columns ?? '[]')
  // With `fail`, the database itself reports each duplicate.
  if (conflict.action !== 'fail') {
    const indexes: readonly UniqueIndex[] = JSON.parse(read.indexes ?? '[]')
    const fault =
      arbiterFault({ ...read, indexes }, conflict) ??
      columns.map(isRefusedKey).find((why) => why !== undefined)
    if (fault !== undefined) {
      throw new SpillwayError('SPILLWAY_WRITE_FAILED', `Nothing is written to ${path}: ${fault}.`)
    }
  }
  return { key: new Map(columns.map((column) => [column.name, postgresKeyColumn(column)])) }
}

const uniqueIndexes = sql`
  select json_agg(json_build_object(
    'name', i.indexrelid::regclass::text,
    'isImmediate', i.indimmediate,
    'isValid', i.indisvalid and i.indisready,
    'predicate', pg_catalog.pg_get_expr(i.indpred, i.indrelid),
    'constraint', (
      select con.conname from pg_catalog.pg_constraint con
      where con.conindid = i.indexrelid and con.contype in ('p', 'u')
    ),
    'hasExpressions', i.indexprs is not null,
    'columns', array(
      select a.attname::text
      from unnest(i.indkey::int2[]) with ordinality as k (attnum, n)
      join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
      where k.n <= i.indnkeyatts
    )
  ))
  from pg_catalog.pg_index i where i.indrelid = c.oid and i.indisunique`

// The domain has the modifier of its type; the column has no modifier.
function keyColumns(on: readonly string[]) {
  return sql`
  with recursive col as (
    select a.attname, a.attcollation, a.atttypid as own, a.atttypmod as ownmod, a.atttypid as base, a.atttypmod as mod
    from pg_catalog.pg_attribute a
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attname::text in (${sql.join(on)})
    union all
    select col.attname, col.attcollation, col.own, col.ownmod, domain.typbasetype,
      case when domain.typtypmod = -1 then col.mod else domain.typtypmod end
    from col join pg_catalog.pg_type domain on domain.oid = col.base and domain.typtype = 'd'
  )
  select json_agg(json_build_object(
    'name', col.attname,
    'type', pg_catalog.format_type(col.own, col.ownmod),
    'base', base.typname,
    'modifier', col.mod,
    'collation', coll.collname,
    'isExact', coalesce((to_jsonb(coll) ->> 'collisdeterministic')::boolean, true)
  ))
  from col
  join pg_catalog.pg_type base on base.oid = col.base and base.typtype <> 'd'
  left join pg_catalog.pg_collation coll on coll.oid = col.attcollation`
}
