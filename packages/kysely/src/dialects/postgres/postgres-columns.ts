import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { ColumnFacts } from '../error-origin.ts'
import type { Schema, TableName } from '../table.ts'

/** The names in an error of the server. */
export interface Named {
  readonly schema: string | undefined
  readonly table: string | undefined
  readonly constraint: string | undefined
  /** The name of a domain. */
  readonly dataType: string | undefined
}

/** A column of the relation that an error names, or of the table that was written to. */
export interface PostgresColumn extends ColumnFacts {
  /** Whether the constraint is about it. */
  readonly covered: boolean
  /** Whether it is of the domain, or of a type made of it. */
  readonly ofDomain: boolean
  /** Whether filling the column cannot fail, when the statement leaves it out. */
  readonly harmless: boolean
}

/** What the catalogue says about the relation that an error names. */
export interface Relation {
  readonly columns: readonly PostgresColumn[]
  /** Whether it is the table that was written to, a partition of it, or its base table if that is a view. */
  readonly isTarget: boolean
  /** Whether the constraint, if one is named, was found. */
  readonly isFound: boolean
  readonly isView: boolean
  /** Whether triggers run after a row is inserted. */
  readonly hasAfterTriggers: boolean
}

interface Read {
  readonly name: string
  readonly inputs: string
  readonly constant: boolean
  readonly harmless: boolean
  readonly covered: boolean
  readonly ofDomain: boolean
  readonly isTarget: boolean
  readonly isFound: boolean
  readonly isView: boolean
  readonly hasAfterTriggers: boolean
}

/** Functions in defaults that cannot fail. */
const harmlessFunctions = [
  ...['now', 'statement_timestamp', 'transaction_timestamp', 'clock_timestamp', 'timezone'],
  ...['timestamp', 'timestamptz', 'date', 'gen_random_uuid', 'uuidv4', 'uuidv7', 'random', 'int8'],
]

/** Reads {@link Relation} of what an error names; `undefined` when there is no such relation. */
export async function readRelation(
  db: Kysely<Schema>,
  { schema, name }: TableName,
  named: Named,
): Promise<Relation | undefined> {
  const path = [...(schema === undefined ? [] : [schema]), name]
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.')
  const { rows } = await relationQuery(path, named).execute(db)
  const [first] = rows
  if (first === undefined) return undefined
  const { isTarget, isFound, isView, hasAfterTriggers } = first
  const columns = rows.map((row) => ({ ...row, inputs: JSON.parse(row.inputs) as string[] }))
  return { columns, isTarget, isFound, isView, hasAfterTriggers }
}

// Cast to text: the server cannot infer the type of a null parameter.
function text(value: string | undefined): RawBuilder<string | null> {
  return sql`${value ?? null}::text`
}

/**
 * - `up`: the relation and what it is a partition of
 * - `covered`: the columns of the constraint; of one with expressions those that they use. 0 stands for the whole row
 * - `functions`: those that a default calls, found in its tree: no catalogue lists the ones that come with the server
 */
function relationQuery(path: string, { schema, table, constraint, dataType }: Named): RawBuilder<Read> {
  const functionsOf = sql`pg_catalog.regexp_matches(tree, ':(?:funcid|opfuncid) (\\d+)', 'g') as m(ids)
    join pg_catalog.pg_proc p on p.oid = m.ids[1]::oid`
  return sql`
    with recursive target as (select pg_catalog.to_regclass(${text(path)})::oid as id),
    failing as (
      select case when ${text(table)} is null then (select id from target) else (
        select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where n.nspname = ${text(schema)} and c.relname = ${text(table)}
      ) end as id
    ),
    up as (
      select id from failing
      union select i.inhparent from up join pg_catalog.pg_inherits i on i.inhrelid = up.id
    ),
    base as (
      select d.refobjid as id from target
      join pg_catalog.pg_rewrite r on r.ev_class = target.id
      join pg_catalog.pg_depend d on d.objid = r.oid and d.classid = 'pg_catalog.pg_rewrite'::regclass
        and d.refclassid = 'pg_catalog.pg_class'::regclass
    ),
    con as (
      select c.oid, c.conkey from failing join pg_catalog.pg_constraint c on c.conrelid = failing.id
      where c.conname = ${text(constraint)}
    ),
    idx as (
      select i.indexrelid as oid, (i.indkey::int2[])[0:i.indnkeyatts - 1] as keys, i.indexprs is not null as computed
      from failing join pg_catalog.pg_index i on i.indrelid = failing.id
      join pg_catalog.pg_class c on c.oid = i.indexrelid where c.relname = ${text(constraint)}
    ),
    covered as (
      select pg_catalog.unnest(conkey)::int as num from con
      union select num from idx, pg_catalog.unnest(keys) as k(num) where num <> 0
      union select d.refobjsubid from idx join pg_catalog.pg_depend d on d.objid = idx.oid
        and d.classid = 'pg_catalog.pg_class'::regclass, failing
        where idx.computed and d.refobjid = failing.id and d.refobjsubid > 0
    ),
    types as (
      select a.attnum as num, a.atttypid as id from failing
      join pg_catalog.pg_attribute a on a.attrelid = failing.id and a.attnum > 0 and not a.attisdropped
      union
      select types.num, next.id from types join pg_catalog.pg_type t on t.oid = types.id,
        lateral (values (t.typbasetype), (t.typelem)) as next(id) where next.id <> 0
    )
    select a.attname::text as "name",
      (
        select coalesce(json_agg(i.attname), '[]')::text from pg_catalog.pg_depend d
        join pg_catalog.pg_attribute i on i.attrelid = d.refobjid and i.attnum = d.refobjsubid
        where a.attgenerated <> '' and d.refclassid = 'pg_catalog.pg_class'::regclass
          and d.refobjid = a.attrelid and d.refobjsubid not in (0, a.attnum)
          and (d.classid, d.objid, d.objsubid) in (
            ('pg_catalog.pg_attrdef'::regclass::oid, def.oid, 0),
            ('pg_catalog.pg_class'::regclass::oid, a.attrelid, a.attnum::int)
          )
      ) as "inputs",
      a.attidentity = '' and (tree is null or (
        tree not like '%NEXTVALUEEXPR%' and not exists (select from ${functionsOf} where p.provolatile <> 'i')
      )) as "constant",
      a.attgenerated <> '' or (own.typtype <> 'd' and a.attidentity = '' and (tree is null or (
        tree not like '%NEXTVALUEEXPR%' and tree not like '%COERCEVIAIO%' and not exists (
          select from ${functionsOf} where p.proname <> all (${sql.lit(`{${harmlessFunctions.join(',')}}`)}::text[])
            or p.pronamespace <> 'pg_catalog'::regnamespace
        )
      ))) as "harmless",
      exists (select from covered where num in (0, a.attnum)) as "covered",
      exists (
        select from types join pg_catalog.pg_type t on t.oid = types.id
        where types.num = a.attnum and t.typtype = 'd' and t.typname = ${text(dataType)}
      ) as "ofDomain",
      target.id in (select id from up) or exists (select from base join up on up.id = base.id) as "isTarget",
      exists (select from con) or exists (select from idx) as "isFound",
      (select relkind = 'v' from pg_catalog.pg_class where oid = target.id) as "isView",
      exists (
        select from pg_catalog.pg_trigger where tgrelid in (select id from up) and not tgisinternal
          and tgtype & 66 = 0 and tgtype & 4 <> 0
      ) as "hasAfterTriggers"
    from target, failing
    join pg_catalog.pg_attribute a on a.attrelid = failing.id and a.attnum > 0 and not a.attisdropped
    join pg_catalog.pg_type own on own.oid = a.atttypid
    left join pg_catalog.pg_attrdef def on def.adrelid = a.attrelid and def.adnum = a.attnum,
    lateral (select coalesce(def.adbin, own.typdefaultbin)::text as tree) as expression
  `
}
